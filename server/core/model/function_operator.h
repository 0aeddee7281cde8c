// SPDX-License-Identifier: Apache-2.0

// Operators of ONNX that are one function of Functions(), by that function. The tables are beside
// each other in row_operation.cc, so a new function is one file.

#ifndef HILLOCK_SERVER_CORE_MODEL_FUNCTION_OPERATOR_H_
#define HILLOCK_SERVER_CORE_MODEL_FUNCTION_OPERATOR_H_

#include <span>
#include <string_view>

#include "server/core/model/row_operation.h"

namespace hillock::model {

// None of these is part of an activation: most have jumps or look at numbers that are not finite.
struct FunctionOperator {
  std::string_view op;
  std::string_view function;
  bool gives_bool = false;  // else the datatype of its first input
};

std::span<const FunctionOperator> FunctionOperators();
const FunctionOperator* FindFunctionOperator(std::string_view op);  // null when there is none

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_FUNCTION_OPERATOR_H_
