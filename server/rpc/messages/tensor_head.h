// SPDX-License-Identifier: Apache-2.0

// A tensor of an answer, without its elements.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_TENSOR_HEAD_H_
#define HILLOCK_SERVER_RPC_MESSAGES_TENSOR_HEAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/core/model/datatype.h"
#include "server/core/model/interface.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/wire_writer.h"

namespace hillock::rpc {

// An axis of rows may come before those that are declared.
inline constexpr size_t kMaxAxes = model::kMaxRank + 1;

// The sizes of a tensor's axes.
class Axes {
 public:
  void Add(uint64_t size) { sizes_[rank_++] = size; }
  std::span<const uint64_t> sizes() const { return {sizes_.data(), rank_}; }

 private:
  std::array<uint64_t, kMaxAxes> sizes_;
  size_t rank_ = 0;
};

// Those of an output in the answer to a request. The shape of a single row gets an axis of rows in
// front when there are more, or when the request has such an axis.
Axes AxesOf(const lifecycle::ServedOutput& served, const InferView& view);

struct TensorHead {
  std::string_view name;
  model::Datatype datatype;
  Axes axes;
};

// Max bytes of a tensor without its name and elements: tags, lengths, datatype and shape.
inline constexpr size_t kMaxOfTensor = 48 + 10 * kMaxAxes;

// Writes a tensor up to its elements: they follow as the `contents_bytes` of an
// InferTensorContents, or are elsewhere when that is 0.
void WriteTensorHead(const TensorHead& tensor, size_t contents_bytes, WireWriter& out);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_TENSOR_HEAD_H_
