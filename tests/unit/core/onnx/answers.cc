// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/onnx/answers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "server/core/onnx/import.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {

model::Mlp Import(const testing::OnnxBuilder& graph) {
  const auto mlp = ImportOnnx(graph.Build());
  EXPECT_THAT(mlp, testing::IsOk());
  return mlp.ok() ? *mlp : model::Mlp();
}

Values Answer(const model::Mlp& mlp, const std::vector<float>& row, size_t output) {
  Values values;
  for (const auto& y : testing::Evaluate(mlp, row, true, output)) values.push_back(y.value);
  return values;
}

std::vector<std::string> Words(const model::Mlp& mlp, const std::vector<float>& row,
                               size_t output) {
  std::vector<std::string> words;
  for (const double code : Answer(mlp, row, output)) {
    const auto at = static_cast<size_t>(code);
    words.push_back(code >= 0 && at < mlp.words.size() ? mlp.words[at] : "(none)");
  }
  return words;
}

void ExpectAnswers(const model::Mlp& mlp, const std::vector<RowFunction>& outputs) {
  ASSERT_EQ(mlp.outputs.size(), outputs.size());
  testing::Random random(7);
  for (int row = 0; row < 20; ++row) {
    const std::vector<float> x = random.Floats(mlp.input_width(), -2, 2);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Values want = outputs[i]({x.begin(), x.end()});
      const Values got = Answer(mlp, x, i);
      ASSERT_EQ(got.size(), want.size()) << mlp.outputs[i].name;
      for (size_t k = 0; k < want.size(); ++k) {
        ASSERT_NEAR(got[k], want[k], 1e-6 * (1 + std::abs(want[k])))
            << mlp.outputs[i].name << ", row " << row << ", column " << k;
      }
    }
  }
}

Values Dense(const Values& x, const std::vector<float>& weights) {
  Values y(weights.size() / x.size());
  for (size_t i = 0; i < weights.size(); ++i) y[i % y.size()] += x[i / y.size()] * weights[i];
  return y;
}

Values Map(Values x, const std::function<double(double)>& f) {
  for (double& value : x) value = f(value);
  return x;
}

Values Plus(Values x, const std::vector<float>& b) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += b[i];
  return x;
}

Values Softmax(Values x) {
  double sum = 0;
  for (double& value : x) sum += value = std::exp(value);
  return Map(x, [&](double value) { return value / sum; });
}

double Relu(double x) { return x < 0 ? 0 : x; }
double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double IndexOfLargest(const Values& x) {
  return static_cast<double>(std::ranges::max_element(x) - x.begin());
}

}  // namespace hillock::onnx
