#ifndef HILLOCK_SERVER_MODEL_ONNX_UTF8_H_
#define HILLOCK_SERVER_MODEL_ONNX_UTF8_H_

#include <string_view>

namespace hillock::model::onnx {

// Whether `text` is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
// Names that are not cannot be written to a model.mlp nor sent in a message.
bool IsUtf8(std::string_view text);

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_UTF8_H_
