#ifndef HILLOCK_TESTS_INTEGRATION_EXAMPLES_H_
#define HILLOCK_TESTS_INTEGRATION_EXAMPLES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/inference.h"

namespace hillock::testing {

// A trained model of models/, the rows kept beside it and the trainer's answers to them; see
// models/README.md.
struct Example {
  std::string model;
  size_t width = 0;                    // floats a row
  std::vector<float> rows;             // [count][width]
  std::vector<std::string> labels;     // the true classes
  std::vector<std::string> predicted;  // the trainer's classes
  size_t outputs = 0;                  // floats an answer
  std::vector<float> expected;         // the trainer's answers, [count][outputs]
  size_t correct = 0;                  // of the trainer's classes, by accuracy.csv

  size_t count() const { return labels.size(); }
  std::span<const float> Rows(size_t first, size_t rows_wanted) const {
    return std::span(rows).subspan(first * width, rows_wanted * width);
  }
};

// The models of accuracy.csv.
std::vector<std::string> ExampleNames();

// Aborts when the files do not fit together. The example lives as long as the process.
const Example& FindExample(std::string_view model);

// A name that GoogleTest takes: with _ for every other character.
std::string TestName(const std::string& name);

// Asks for all rows at once and expects what the trainer got: every label, the accuracy to the last
// row, and values that agree to 1e-5.
void ExpectTrainersAnswers(ServerProcess& server, const Example& example);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_EXAMPLES_H_
