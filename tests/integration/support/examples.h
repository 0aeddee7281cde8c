// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_EXAMPLES_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_EXAMPLES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/support/inference.h"

namespace hillock::testing {

// A trained model of models/, or one output of a model with several; the rows kept beside it and
// the trainer's answers to them. See models/README.md.
struct Example {
  std::string model;
  std::string output;               // name of the floats
  std::vector<std::string> asked;   // outputs to name in a request: none when there is one
  bool is_first = true;             // held_out.csv has the true classes of the model's first output
  size_t width = 0;                 // floats a row
  std::vector<float> rows;          // [count][width]
  std::vector<std::string> labels;  // the true classes
  std::vector<std::string> predicted;  // the trainer's classes
  size_t outputs = 0;                  // floats an answer
  std::vector<float> expected;         // the trainer's answers, [count][outputs]
  size_t correct = 0;                  // of the trainer's classes, by accuracy.csv

  size_t count() const { return labels.size(); }
  std::span<const float> Rows(size_t first, size_t rows_wanted) const {
    return std::span(rows).subspan(first * width, rows_wanted * width);
  }
};

// The outputs of accuracy.csv: MODEL for a model's first, MODEL:OUTPUT for a further one.
std::vector<std::string> ExampleNames();

// Aborts when the files do not fit together. The example lives as long as the process.
const Example& FindExample(std::string_view name);

// A request for all rows of an example, or for some.
inference::ModelInferRequest MakeRequest(const Example& example, Form form = Form::kRaw);
inference::ModelInferRequest MakeRequest(const Example& example, size_t first, size_t rows,
                                         Form form = Form::kRaw);

// A name that GoogleTest takes: with _ for every other character.
std::string TestName(const std::string& name);

// Asks for all rows at once and expects what the trainer got: every label, the accuracy to the last
// row, and values that agree to 1e-5.
void ExpectTrainersAnswers(ServerProcess& server, const Example& example);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_EXAMPLES_H_
