#ifndef CHOST_H
#define CHOST_H
float chost_half(void);
#endif
