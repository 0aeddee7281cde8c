// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_DATATYPES_H_
#define HILLOCK_SERVER_CORE_ONNX_DATATYPES_H_

#include <cstdint>
#include <optional>

#include "server/core/model/datatype.h"
#include "server/core/model/interface.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {

// The datatype that tensors of an ONNX type have on the wire, or none.
constexpr std::optional<model::Datatype> DatatypeOf(DataType type) {
  using model::Datatype;
  switch (type) {
    case DataType::kFloat:
      return Datatype::kFp32;
    case DataType::kDouble:
      return Datatype::kFp64;
    case DataType::kFloat16:
      return Datatype::kFp16;
    case DataType::kBfloat16:
      return Datatype::kBf16;
    case DataType::kInt64:
      return Datatype::kInt64;
    case DataType::kInt32:
      return Datatype::kInt32;
    case DataType::kInt16:
      return Datatype::kInt16;
    case DataType::kInt8:
      return Datatype::kInt8;
    case DataType::kUint64:
      return Datatype::kUint64;
    case DataType::kUint32:
      return Datatype::kUint32;
    case DataType::kUint16:
      return Datatype::kUint16;
    case DataType::kUint8:
      return Datatype::kUint8;
    case DataType::kBool:
      return Datatype::kBool;
    case DataType::kString:
      return Datatype::kBytes;
    default:
      return std::nullopt;
  }
}

// The shape that tensors have on the wire: an axis of rows is negative there.
inline model::TensorShape OnTheWire(const Shape& shape) {
  model::TensorShape wire = shape;
  for (int64_t& size : wire) size = IsBatch(size) ? -TimesOf(size) : size;
  return wire;
}

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_DATATYPES_H_
