// SPDX-License-Identifier: Apache-2.0

// What a model said of rows, and whether it was right. Pure: no network, no terminal.

#ifndef HILLOCK_CLIENT_REPORT_PREDICTION_H_
#define HILLOCK_CLIENT_REPORT_PREDICTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/api/client.h"
#include "client/rows/rows.h"

namespace hillock::client {

struct Prediction {
  size_t row = 0;            // in the input, from 0
  std::string label;         // of a multilabel output: the classes it has, "cat dog", or "none"
  std::vector<int64_t> yes;  // of a multilabel output: 1 for each class that it has, else 0
  std::vector<float> outputs;
  std::optional<std::string> expected;
};

// What one output of a model said of each row.
struct Predictions {
  std::string model;
  std::string version;
  std::string output;                    // name of the float output
  bool names_classes = false;            // the server gave the labels; else they are column numbers
  bool multilabel = false;               // these are a yes or no for each column
  bool probabilities = false;            // AreProbabilities holds for every row
  std::vector<std::string> class_names;  // by class
  std::vector<Prediction> rows;
};

// One class and what the model gives it.
struct ClassScore {
  std::string name;
  float score = 0;
};

struct Accuracy {
  size_t correct = 0;
  size_t total = 0;
  double value() const { return static_cast<double>(correct) / static_cast<double>(total); }
};

// Pairs `output` with `rows`, of which the first is row `first_row` of the input: one Predictions
// for each float output, in the server's order, then one for each output of strings or integers
// that is no label of these. The label of a row is what the output says that belongs to it: the
// only one beside an only float output, else the one called as that and "_label", or as that with
// "label" in place of "probability", "probabilities" or "scores". An output of integers, one for
// each of several floats, says which classes the row has: those that are not 0. Where there is
// neither, the label is the number of the largest column; of a single column, "1" from 0.5 on and
// "0" below. A NaN is never the largest. Classes beyond `class_names` are called by their numbers,
// "#<number>" when the output has labels. What is expected of a row is expected of the first output
// with labels, else of the first. Errors: UNIMPLEMENTED when there is no output.
absl::StatusOr<std::vector<Predictions>> MakePredictions(const std::string& model,
                                                         InferOutput output, const Rows& rows,
                                                         size_t first_row,
                                                         const NamesByOutput& class_names);

// Whether the scores of a row are probabilities of classes: each from 0 to 1, and together 1 unless
// there is only one, which is then the probability of the second of two classes.
bool AreProbabilities(std::span<const float> outputs);

// The classes of a row, best first, at most `top`. A single probability p stands for two classes,
// 1 - p and p; a single score of a model whose scores are no probabilities for the predicted class.
std::vector<ClassScore> Rank(const Predictions& predictions, const Prediction& prediction,
                             size_t top);

// Whether two labels are the same text or spell the same number ("3" and "3.0").
bool SameLabel(std::string_view a, std::string_view b);

// REQUIRES: prediction.expected.
bool IsCorrect(const Prediction& prediction);

// Why labels and what is expected cannot be compared, for people: one are all numbers, and the
// others all names. None when they can, or nothing is expected.
std::optional<std::string> WhyIncomparable(const Predictions& predictions);

// Over the rows whose label is known; none when no label is, or they cannot be compared.
std::optional<Accuracy> Measure(const Predictions& predictions);

// "held-out accuracy: 0.9722 (n=360)".
std::string AccuracyLine(const Accuracy& accuracy);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_PREDICTION_H_
