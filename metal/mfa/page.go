package mfa

import "os"

// WholePage is the bytes of a page as WrapPages takes them: Apple's, which a library may have written into it and which is
// whole pages on machines with smaller ones too, or this machine's, where that is larger.
var WholePage = max(16<<10, os.Getpagesize())
