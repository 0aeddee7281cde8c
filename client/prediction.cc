#include "client/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "client/text.h"
#include "server/base/status.h"

namespace hillock::client {
namespace {

constexpr double kSumTolerance = 1e-3;

float Key(float score) {
  return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
}

size_t LargestColumn(std::span<const float> outputs) {
  const auto largest = std::max_element(outputs.begin(), outputs.end(),
                                        [](float a, float b) { return Key(a) < Key(b); });
  return static_cast<size_t>(largest - outputs.begin());
}

// The number of the class that the outputs speak for.
size_t PredictedClass(std::span<const float> outputs) {
  if (outputs.size() == 1) return outputs[0] >= 0.5f ? 1 : 0;
  return LargestColumn(outputs);
}

struct Split {
  Tensor* scores = nullptr;
  Tensor* labels = nullptr;
};

absl::StatusOr<Split> SplitOutputs(std::vector<Tensor>& outputs) {
  Split split;
  size_t floats = 0;
  for (Tensor& tensor : outputs) {
    if (!tensor.is_text) ++floats;
    (tensor.is_text ? split.labels : split.scores) = &tensor;
  }
  const size_t texts = outputs.size() - floats;
  if (floats == 1 && texts <= 1 && (texts == 0 || split.labels->width == 1)) return split;
  return absl::UnimplementedError(
      fmt::format("got {} FP32 and {} BYTES outputs, want 1 FP32 and at most 1 BYTES of one a row",
                  floats, texts));
}

// A class without a name has its number, marked where that is not its label.
std::vector<std::string> NameClasses(std::vector<std::string> names, size_t classes,
                                     bool has_labels) {
  for (size_t i = names.size(); i < classes; ++i) {
    names.push_back(fmt::format("{}{}", has_labels ? "#" : "", i));
  }
  return names;
}

Prediction MakeOne(const Split& split, const Rows& rows, size_t i) {
  const auto outputs = split.scores->row(i);
  Prediction prediction;
  prediction.outputs.assign(outputs.begin(), outputs.end());
  prediction.label = split.labels != nullptr ? std::move(split.labels->strings[i])
                                             : std::to_string(PredictedClass(outputs));
  if (!rows.labels.empty()) prediction.expected = rows.labels[i];
  return prediction;
}

}  // namespace

absl::StatusOr<Predictions> MakePredictions(const std::string& model, InferOutput output,
                                            const Rows& rows, size_t first_row,
                                            std::vector<std::string> class_names) {
  HILLOCK_ASSIGN_OR_RETURN(const Split split, SplitOutputs(output.outputs));
  Predictions predictions;
  predictions.model = model;
  predictions.version = output.version;
  predictions.output = split.scores->name;
  predictions.names_classes = split.labels != nullptr;
  for (size_t i = 0; i < rows.count(); ++i) {
    predictions.rows.push_back(MakeOne(split, rows, i));
    predictions.rows.back().row = first_row + i;
  }
  predictions.probabilities =
      std::all_of(predictions.rows.begin(), predictions.rows.end(),
                  [](const Prediction& row) { return AreProbabilities(row.outputs); });
  predictions.class_names = NameClasses(
      std::move(class_names), std::max<size_t>(2, split.scores->width), predictions.names_classes);
  return predictions;
}

bool AreProbabilities(std::span<const float> outputs) {
  const auto in_range = [](float p) { return p >= 0 && p <= 1; };
  if (!std::all_of(outputs.begin(), outputs.end(), in_range)) return false;
  const double sum = std::accumulate(outputs.begin(), outputs.end(), 0.0);
  return outputs.size() == 1 || std::abs(sum - 1) <= kSumTolerance;
}

std::vector<ClassScore> Rank(const Predictions& predictions, const Prediction& prediction,
                             size_t top) {
  std::vector<float> scores = prediction.outputs;
  if (scores.size() == 1) {
    if (!predictions.probabilities) return {{prediction.label, scores[0]}};
    scores = {1 - scores[0], scores[0]};
  }
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return Key(scores[a]) > Key(scores[b]); });
  order.resize(std::min(top, order.size()));
  std::vector<ClassScore> ranked;
  for (const size_t i : order) ranked.push_back({predictions.class_names[i], scores[i]});
  return ranked;
}

bool SameLabel(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto x = ParseNumber(a);
  return x.has_value() && x == ParseNumber(b);
}

bool IsCorrect(const Prediction& prediction) {
  return SameLabel(prediction.label, *prediction.expected);
}

std::optional<Accuracy> Measure(const Predictions& predictions) {
  Accuracy accuracy;
  for (const Prediction& prediction : predictions.rows) {
    if (!prediction.expected) continue;
    ++accuracy.total;
    if (IsCorrect(prediction)) ++accuracy.correct;
  }
  return accuracy.total == 0 ? std::nullopt : std::optional(accuracy);
}

std::string AccuracyLine(const Accuracy& accuracy) {
  return fmt::format("held-out accuracy: {:.4f} (n={})", accuracy.value(), accuracy.total);
}

}  // namespace hillock::client
