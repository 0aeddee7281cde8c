// SPDX-License-Identifier: Apache-2.0

// The fields of InferTensorContents.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_TYPED_CONTENTS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_TYPED_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "server/core/model/datatype.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

struct ContentsField {
  uint32_t number = 0;       // 0: the datatype has no field, FP16 and BF16
  std::string_view name;     // in proto/inference.proto
  model::Datatype stored{};  // what its elements are: INT32 for INT8
};

// Where elements of a datatype are.
ContentsField FieldOf(model::Datatype datatype);

// Passes the elements of an input's contents to `take` in order, as many at a time as lie together:
// little-endian, of the datatype that the field stores. Not for strings. REQUIRES: they are all in
// the field of `datatype`.
void ForEachBlock(const InputView& input, model::Datatype datatype,
                  absl::FunctionRef<void(const char* elements, size_t count)> take);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_TYPED_CONTENTS_H_
