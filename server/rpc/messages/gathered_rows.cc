#include "server/rpc/messages/gathered_rows.h"

namespace hillock::rpc {

void GatheredRows::ChargeAs(const transport::Buffer& request) {
  large_.Free();
  large_ = request.NewLike();
}

float* GatheredRows::Make(size_t floats) {
  if (floats <= kKeptFloats) {
    if (small_.size() < floats) small_.resize(floats);
    return small_.data();
  }
  large_.Clear();
  if (!large_.TryReserve(floats * sizeof(float))) return nullptr;
  return reinterpret_cast<float*>(large_.Extend(floats * sizeof(float)));
}

}  // namespace hillock::rpc
