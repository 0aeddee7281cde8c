// SPDX-License-Identifier: Apache-2.0

// Numbers of the fields of ONNX's messages that are read or written (onnx/onnx.proto, IR 10).

#ifndef HILLOCK_SERVER_CORE_ONNX_READING_FIELDS_H_
#define HILLOCK_SERVER_CORE_ONNX_READING_FIELDS_H_

#include <cstdint>

namespace hillock::onnx {

namespace model_field {
enum : uint32_t {
  kIrVersion = 1,
  kProducer = 2,
  kProducerVersion = 3,
  kGraph = 7,
  kOpset = 8,
  kFunction = 25
};
}
namespace opset_field {
enum : uint32_t { kDomain = 1, kVersion = 2 };
}
namespace function_field {
enum : uint32_t {
  kName = 1,
  kInput = 4,
  kOutput = 5,
  kNode = 7,
  kOpset = 9,
  kDomain = 10,
  kDefault = 11
};
}
namespace graph_field {
enum : uint32_t { kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12, kSparse = 15 };
}
namespace node_field {
enum : uint32_t { kInput = 1, kOutput = 2, kName = 3, kOp = 4, kAttribute = 5, kDomain = 7 };
}
namespace attribute_field {
enum : uint32_t {
  kName = 1,
  kReal = 2,
  kInteger = 3,
  kText = 4,
  kTensor = 5,
  kGraph = 6,
  kReals = 7,
  kIntegers = 8,
  kTexts = 9,
  kType = 20,
  kReference = 21
};
// AttributeProto.AttributeType
enum : int64_t { kTypeReal = 1, kTypeInteger = 2, kTypeText = 3, kTypeTexts = 8 };
}  // namespace attribute_field
namespace tensor_field {
enum : uint32_t {
  kDims = 1,
  kType = 2,
  kFloats = 4,
  kInt32s = 5,
  kStrings = 6,
  kInt64s = 7,
  kName = 8,
  kRaw = 9,
  kDoubles = 10,
  kUint64s = 11,
  kExternal = 13,
  kLocation = 14
};
}
namespace entry_field {
enum : uint32_t { kKey = 1, kValue = 2 };
}
namespace value_field {
enum : uint32_t { kName = 1, kType = 2 };
}
namespace type_field {
enum : uint32_t { kTensor = 1 };
}
namespace tensor_type_field {
enum : uint32_t { kElement = 1, kShape = 2 };
}
namespace shape_field {
enum : uint32_t { kDim = 1 };
}
namespace dim_field {
enum : uint32_t { kValue = 1, kParam = 2 };
}

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_READING_FIELDS_H_
