/* Every type that a kernel's value may have: scalars, bfloat, vectors, packed vectors, and their short names. */
#ifndef ATTEST_MSL_TYPES_H
#define ATTEST_MSL_TYPES_H

#include "msl_base.h"
#include "metal_type_traits"
#include "msl_bfloat.h"
#include "msl_vector.h"
#include "msl_packed.h"

#define MSL_SCALARS(F) F(bool) F(char) F(uchar) F(short) F(ushort) F(int) F(uint) F(long) F(ulong) F(half) F(float) F(bfloat)
#define MSL_NAMES(T)                            \
  typedef vec<T, 2> T##2;                       \
  typedef vec<T, 3> T##3;                       \
  typedef vec<T, 4> T##4;                       \
  typedef packed_vec<T, 2> packed_##T##2;       \
  typedef packed_vec<T, 3> packed_##T##3;       \
  typedef packed_vec<T, 4> packed_##T##4;
namespace metal {
MSL_SCALARS(MSL_NAMES)
} // namespace metal
#undef MSL_NAMES

/* The short names are known without `using namespace metal`. */
#define MSL_NAMES(T) \
  using metal::T##2; \
  using metal::T##3; \
  using metal::T##4; \
  using metal::packed_##T##2; \
  using metal::packed_##T##3; \
  using metal::packed_##T##4;
MSL_SCALARS(MSL_NAMES)
#undef MSL_NAMES
#undef MSL_SCALARS

namespace metal {
/* The scalars are members of namespace metal too. */
using ::uchar;
using ::ushort;
using ::uint;
using ::ulong;
using ::int8_t;
using ::int16_t;
using ::int32_t;
using ::int64_t;
using ::uint8_t;
using ::uint16_t;
using ::uint32_t;
using ::uint64_t;
using ::size_t;
using ::ptrdiff_t;

} // namespace metal

#endif
