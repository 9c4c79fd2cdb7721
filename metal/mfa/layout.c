/* Shapes and strides: what they reach, computed so that no size can overflow. */
#include "internal.h"

uint64_t mfa_precision_bytes(int32_t precision) { return precision == MFA_PRECISION_FP32 ? 4 : 2; }

bool mfa_layout_empty(const mfa_layout *layout) {
  for (int i = 0; i < 4; i++)
    if (!layout->extent[i]) return true;
  return false;
}

bool mfa_layout_span(const mfa_layout *layout, uint64_t *elements) {
  uint64_t span = 1;
  if (mfa_layout_empty(layout)) return *elements = 0, true;
  for (int i = 0; i < 4; i++) {
    uint64_t reach;
    if (__builtin_mul_overflow(layout->extent[i] - 1, layout->stride[i], &reach)) return false;
    if (__builtin_add_overflow(span, reach, &span)) return false;
  }
  *elements = span;
  return true;
}

/* Where every stride steps over all that the smaller ones reach, no two elements meet. */
bool mfa_layout_overlaps_itself(const mfa_layout *layout) {
  if (mfa_layout_empty(layout)) return false;
  int order[4] = {0, 1, 2, 3};
  for (int i = 1; i < 4; i++)
    for (int j = i; j > 0 && layout->stride[order[j]] < layout->stride[order[j - 1]]; j--) {
      int swapped = order[j];
      order[j] = order[j - 1];
      order[j - 1] = swapped;
    }
  uint64_t reach = 0;
  for (int i = 0; i < 4; i++) {
    uint64_t extent = layout->extent[order[i]], stride = layout->stride[order[i]];
    if (extent == 1) continue;
    if (stride <= reach) return true;
    reach += (extent - 1) * stride; /* within the span, which did not overflow */
  }
  return false;
}

void mfa_layout_contiguous(mfa_layout *layout, bool transposed) {
  int inner = transposed ? 2 : 3, outer = transposed ? 3 : 2;
  layout->stride[inner] = 1;
  layout->stride[outer] = layout->extent[inner];
  layout->stride[1] = layout->extent[2] * layout->extent[3];
  layout->stride[0] = layout->stride[1] * layout->extent[1];
}
