// SPDX-License-Identifier: Apache-2.0

// How many rows a request has, by the shapes of its inputs.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_SHAPE_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_SHAPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "server/core/model/interface.h"

namespace hillock::rpc {

// The rows that an input of that shape has, at least 1, or none if the shape is not acceptable.
// What is acceptable, axes of size 1 being left out or added at will:
//   the declared shape for some number of rows
//   [rows, width]
//   [rows] and the declared shape, where that is the shape of a single row
// The number of elements alone decides on the rows, so no shape has two meanings.
std::optional<uint64_t> RowsOf(std::span<const int64_t> shape, const model::Input& input);

// For messages: "[rows, 28, 28] or [rows, 784]", and "[rows, 28, 28]".
std::string WantedShapes(const model::Input& input);
std::string ShapeText(const model::TensorShape& shape);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_SHAPE_H_
