// SPDX-License-Identifier: Apache-2.0

// What an imported model computes, beside functions in double precision that a test spells out.

#ifndef HILLOCK_TESTS_UNIT_CORE_ONNX_ANSWERS_H_
#define HILLOCK_TESTS_UNIT_CORE_ONNX_ANSWERS_H_

#include <functional>
#include <string>
#include <vector>

#include "server/core/model/mlp.h"
#include "tests/support/onnx_builder.h"

namespace hillock::onnx {

using Values = std::vector<double>;
using RowFunction = std::function<Values(const Values& x)>;

// The model of a graph; an empty one, and a failure of the test, when it is refused.
model::Mlp Import(const testing::OnnxBuilder& graph);

// An output for one row, by its position.
Values Answer(const model::Mlp& mlp, const std::vector<float>& row, size_t output = 0);

// An output of strings for one row.
std::vector<std::string> Words(const model::Mlp& mlp, const std::vector<float>& row,
                               size_t output = 0);

// The outputs are these functions of a row, whatever layers compute them, to 1e-6.
void ExpectAnswers(const model::Mlp& mlp, const std::vector<RowFunction>& outputs);

// Functions of a row, as a graph spells them. Weights are [in][out], as MatMul has them.
Values Dense(const Values& x, const std::vector<float>& weights);
Values Map(Values x, const std::function<double(double)>& f);
Values Plus(Values x, const std::vector<float>& b);
Values Softmax(Values x);
double Relu(double x);
double Sigmoid(double x);
double IndexOfLargest(const Values& x);

}  // namespace hillock::onnx

#endif  // HILLOCK_TESTS_UNIT_CORE_ONNX_ANSWERS_H_
