// SPDX-License-Identifier: Apache-2.0

// How the functions of row operations are spelled in ONNX.

#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_FUNCTION_FORMS_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_FUNCTION_FORMS_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace hillock::onnx {

// A node of a function's form. An input is an operand ("a", "b", "c"), a number of kFormNumbers, or
// the output of an earlier node. The operator is one of ONNX, or "Bool" or "Float", a Cast to that
// type, or "Fmod", a Mod with fmod 1.
struct FormNode {
  std::string_view name = {};
  std::string_view op = {};
  std::array<std::string_view, 3> inputs{};
};

struct FormNumber {
  std::string_view name;
  float value;
};

inline constexpr std::array<FormNumber, 3> kFormNumbers = {
    {{"zero", 0.0f}, {"pi", 3.14159265f}, {"minus_pi", -3.14159265f}}};

// In an order in which they can be computed; the last one gives the function. Empty for a function
// that has no form.
std::span<const FormNode> FormOf(std::string_view function);

// The operator of operator set 20 that is a reduction; "" when there is none.
std::string_view OperatorOf(std::string_view reduction);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_FUNCTION_FORMS_H_
