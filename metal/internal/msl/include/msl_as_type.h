/* as_type: the same bits as another type of the same size. */
#ifndef ATTEST_MSL_AS_TYPE_H
#define ATTEST_MSL_AS_TYPE_H

#include "msl_types.h"

namespace metal {
template <class To, class From> MSL_INLINE constexpr To as_type(From x) {
  static_assert(sizeof(To) == sizeof(From), "as_type needs two types of one size");
  return __builtin_bit_cast(To, x);
}
} // namespace metal
using metal::as_type;

#endif
