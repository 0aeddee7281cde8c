// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/function_forms.h"

#include <algorithm>
#include <array>
#include <vector>

#include "server/core/model/function_operator.h"

namespace hillock::onnx {
namespace {

struct Form {
  std::string_view function;
  std::vector<FormNode> nodes;
};

Form Plain(std::string_view function, std::string_view op) {
  return {function, {{"y", op, {"a", "b"}}}};
}
Form Unary(std::string_view function, std::string_view op) {
  return {function, {{"y", op, {"a"}}}};
}

// A comparison, which gives BOOL.
Form Test(std::string_view function, std::string_view op) {
  return {function, {{"is", op, {"a", "b"}}, {"y", "Float", {"is"}}}};
}

// An operator of two BOOL.
Form Logic(std::string_view function, std::string_view op) {
  return {
      function,
      {{"p", "Bool", {"a"}}, {"q", "Bool", {"b"}}, {"is", op, {"p", "q"}}, {"y", "Float", {"is"}}}};
}

// The angle of the half plane b > 0, turned by pi where b < 0. At the origin it is 0.
Form Atan2() {
  return {"atan2",
          {{"quotient", "Div", {"a", "b"}},
           {"angle", "Atan", {"quotient"}},
           {"below", "Less", {"a", "zero"}},
           {"turn", "Where", {"below", "minus_pi", "pi"}},
           {"turned", "Add", {"angle", "turn"}},
           {"left", "Less", {"b", "zero"}},
           {"side", "Where", {"left", "turned", "angle"}},
           {"a_is_0", "Equal", {"a", "zero"}},
           {"b_is_0", "Equal", {"b", "zero"}},
           {"origin", "And", {"a_is_0", "b_is_0"}},
           {"y", "Where", {"origin", "zero", "side"}}}};
}

// A function that is one operator.
Form Operator(const model::FunctionOperator& row) {
  constexpr std::array<std::string_view, 3> kOperands = {"a", "b", "c"};
  std::array<std::string_view, 3> operands{};
  std::copy_n(kOperands.begin(), model::FindFunction(row.function)->arity, operands.begin());
  if (!row.gives_bool) return {row.function, {{"y", row.op, operands}}};
  return {row.function, {{"is", row.op, operands}, {"y", "Float", {"is"}}}};
}

std::vector<Form> MakeForms() {
  std::vector<Form> forms = {
      Unary("copy", "Identity"),
      Plain("add", "Add"),
      Plain("sub", "Sub"),
      Plain("mul", "Mul"),
      Plain("div", "Div"),
      Plain("pow", "Pow"),
      Plain("fmod", "Fmod"),
      {"mod",
       {{"quotient", "Div", {"a", "b"}},
        {"whole", "Floor", {"quotient"}},
        {"product", "Mul", {"whole", "b"}},
        {"y", "Sub", {"a", "product"}}}},
      Atan2(),
      Plain("min", "Min"),
      Plain("max", "Max"),
      Test("greater", "Greater"),
      Test("greater_or_equal", "GreaterOrEqual"),
      Test("less", "Less"),
      Test("less_or_equal", "LessOrEqual"),
      Logic("and", "And"),
      Logic("or", "Or"),
      Logic("xor", "Xor"),
      {"where", {{"p", "Bool", {"a"}}, {"y", "Where", {"p", "b", "c"}}}},
      {"not", {{"p", "Bool", {"a"}}, {"is", "Not", {"p"}}, {"y", "Float", {"is"}}}},
      Unary("sign", "Sign"),
      {"trunc",
       {{"size", "Abs", {"a"}},
        {"whole", "Floor", {"size"}},
        {"sign", "Sign", {"a"}},
        {"y", "Mul", {"whole", "sign"}}}},
  };
  for (const model::FunctionOperator& row : model::FunctionOperators()) {
    forms.push_back(Operator(row));
  }
  return forms;
}

// Of two forms of a function the first one counts.
const std::vector<Form>& Forms() {
  static const auto& forms = *new std::vector<Form>(MakeForms());
  return forms;
}

struct ReductionOperator {
  std::string_view reduction;
  std::string_view op;
};

constexpr ReductionOperator kReductionOperators[] = {
    {"sum", "ReduceSum"},        {"mean", "ReduceMean"},
    {"min", "ReduceMin"},        {"max", "ReduceMax"},
    {"prod", "ReduceProd"},      {"l1", "ReduceL1"},
    {"l2", "ReduceL2"},          {"sum_square", "ReduceSumSquare"},
    {"log_sum", "ReduceLogSum"}, {"log_sum_exp", "ReduceLogSumExp"},
    {"argmax", "ArgMax"},        {"argmin", "ArgMin"},
    {"argmax_last", "ArgMax"},   {"argmin_last", "ArgMin"},
};

}  // namespace

std::span<const FormNode> FormOf(std::string_view function) {
  const auto form = std::ranges::find(Forms(), function, &Form::function);
  return form == Forms().end() ? std::span<const FormNode>() : std::span(form->nodes);
}

std::string_view OperatorOf(std::string_view reduction) {
  const auto row = std::ranges::find(kReductionOperators, reduction, &ReductionOperator::reduction);
  return row == std::end(kReductionOperators) ? "" : row->op;
}

}  // namespace hillock::onnx
