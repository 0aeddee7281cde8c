// How ONNX names and defaults the parameters of activations; operator and attribute that tells
// siblings apart are in the activation table. Source: ONNX's Operators.md.

#ifndef HILLOCK_SERVER_MODEL_ONNX_ATTRIBUTES_H_
#define HILLOCK_SERVER_MODEL_ONNX_ATTRIBUTES_H_

#include <string_view>

namespace hillock::model::onnx {

struct ParamAttribute {
  std::string_view op;
  std::string_view attribute;
  std::string_view param;  // in the activation table
  float default_value;     // of ONNX, where the attribute is left out
};

inline constexpr ParamAttribute kParamAttributes[] = {
    {"LeakyRelu", "alpha", "alpha", 0.01f},
    {"Elu", "alpha", "alpha", 1.0f},
    {"Selu", "alpha", "alpha", 1.67326319217681884765625f},
    {"Selu", "gamma", "gamma", 1.05070102214813232421875f},
    {"Celu", "alpha", "alpha", 1.0f},
    {"HardSigmoid", "alpha", "alpha", 0.2f},
    {"HardSigmoid", "beta", "beta", 0.5f},
    {"ThresholdedRelu", "alpha", "alpha", 1.0f},
    {"Swish", "alpha", "beta", 1.0f},
};

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_ATTRIBUTES_H_
