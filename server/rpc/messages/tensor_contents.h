// SPDX-License-Identifier: Apache-2.0

// The elements of an output as an answer has them.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_TENSOR_CONTENTS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_TENSOR_CONTENTS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "server/core/model/datatype.h"
#include "server/rpc/messages/wire_writer.h"

namespace hillock::rpc {

// What an output's contents are made of. Raw ones are a string of raw_output_contents, typed ones
// the fields of an InferTensorContents.
struct TensorContents {
  model::Datatype datatype{};
  const char* floats = nullptr;  // at any alignment
  size_t count = 0;
  std::span<const std::string> words;  // what the floats of strings stand for
  bool typed = false;
};

// The bytes that contents take, if they do not depend on the floats, which may be missing.
std::optional<size_t> FixedBytes(const TensorContents& contents);

// The bytes that contents take.
size_t BytesOf(const TensorContents& contents);

// REQUIRES: typed contents have a field, see FieldOf().
void Write(const TensorContents& contents, WireWriter& out);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_TENSOR_CONTENTS_H_
