// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/scratch_floats.h"

namespace hillock::rpc {
namespace {

constexpr size_t kKeptFloats = 4096;

}  // namespace

void ScratchFloats::ChargeAs(const transport::Buffer& message) {
  large_.Free();
  large_ = message.NewLike();
}

float* ScratchFloats::TryMake(size_t floats) {
  large_.Clear();
  if (floats > kKeptFloats && !large_.TryReserve(floats * sizeof(float))) return nullptr;
  return Make(floats);
}

float* ScratchFloats::Make(size_t floats) {
  if (floats <= kKeptFloats) {
    if (small_.size() < floats) small_.resize(floats);
    return small_.data();
  }
  large_.Clear();
  return reinterpret_cast<float*>(large_.Extend(floats * sizeof(float)));
}

}  // namespace hillock::rpc
