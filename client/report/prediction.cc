#include "client/report/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr double kSumTolerance = 1e-3;
constexpr std::string_view kLabelSuffix = "_label";

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

// A float output and the labels that belong to it, or null.
struct Head {
  const Tensor* scores = nullptr;
  Tensor* labels = nullptr;

  bool has_strings() const { return labels != nullptr && labels->kind == Tensor::Kind::kStrings; }
  bool is_multilabel() const { return labels != nullptr && !has_strings(); }
};

bool HasShapeOfLabels(const Tensor& labels, const Tensor& scores) {
  return labels.width == (labels.kind == Tensor::Kind::kStrings ? 1 : scores.width);
}

absl::Status PairLabels(Tensor& labels, std::vector<Head>& heads) {
  const auto head = std::find_if(heads.begin(), heads.end(), [&](const Head& one) {
    return heads.size() == 1 || one.scores->name + std::string(kLabelSuffix) == labels.name;
  });
  if (head == heads.end() || head->labels != nullptr || !HasShapeOfLabels(labels, *head->scores)) {
    return absl::UnimplementedError(
        fmt::format("{} output {} of {} a row is not the labels of one of {} FP32 outputs",
                    labels.kind == Tensor::Kind::kStrings ? "BYTES" : "INT64", Quoted(labels.name),
                    labels.width, heads.size()));
  }
  head->labels = &labels;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Head>> PairOutputs(std::vector<Tensor>& outputs) {
  std::vector<Head> heads;
  for (const Tensor& tensor : outputs) {
    if (tensor.kind == Tensor::Kind::kFloats) heads.push_back({&tensor, nullptr});
  }
  if (heads.empty()) return absl::UnimplementedError("got no FP32 output, want at least 1");
  for (Tensor& tensor : outputs) {
    if (tensor.kind == Tensor::Kind::kFloats) continue;
    HILLOCK_RETURN_IF_ERROR(PairLabels(tensor, heads));
  }
  return heads;
}

// A class without a name has its number, marked where that is not its label.
std::vector<std::string> NameClasses(std::vector<std::string> names, size_t classes,
                                     bool has_labels) {
  for (size_t i = names.size(); i < classes; ++i) {
    names.push_back(fmt::format("{}{}", has_labels ? "#" : "", i));
  }
  return names;
}

// "cat dog" for the classes that are not 0.
std::string LabelOf(std::span<const int64_t> yes, const std::vector<std::string>& class_names) {
  std::string label;
  for (size_t i = 0; i < yes.size(); ++i) {
    if (yes[i] == 0) continue;
    label += (label.empty() ? "" : " ") + class_names[i];
  }
  return label.empty() ? "none" : label;
}

Prediction MakeOne(const Head& head, size_t i, const std::vector<std::string>& class_names) {
  const auto outputs = head.scores->row(i);
  Prediction prediction;
  prediction.outputs.assign(outputs.begin(), outputs.end());
  if (head.is_multilabel()) {
    const auto yes = std::span(head.labels->integers).subspan(i * outputs.size(), outputs.size());
    prediction.yes.assign(yes.begin(), yes.end());
    prediction.label = LabelOf(yes, class_names);
  } else {
    prediction.label = head.has_strings() ? std::move(head.labels->strings[i])
                                          : std::to_string(PredictedClass(outputs));
  }
  return prediction;
}

Predictions MakeAll(const Head& head, size_t rows, size_t first_row,
                    std::vector<std::string> class_names) {
  Predictions predictions;
  predictions.output = head.scores->name;
  predictions.names_classes = head.labels != nullptr;
  predictions.multilabel = head.is_multilabel();
  predictions.class_names = NameClasses(
      std::move(class_names), std::max<size_t>(2, head.scores->width), head.has_strings());
  for (size_t i = 0; i < rows; ++i) {
    predictions.rows.push_back(MakeOne(head, i, predictions.class_names));
    predictions.rows.back().row = first_row + i;
  }
  predictions.probabilities =
      !predictions.multilabel &&
      std::all_of(predictions.rows.begin(), predictions.rows.end(),
                  [](const Prediction& row) { return AreProbabilities(row.outputs); });
  return predictions;
}

void Expect(const std::vector<std::string>& labels, std::vector<Predictions>& all) {
  const auto labelled = std::find_if(all.begin(), all.end(),
                                     [](const Predictions& one) { return one.names_classes; });
  Predictions& judged = labelled == all.end() ? all.front() : *labelled;
  for (size_t i = 0; i < labels.size(); ++i) judged.rows[i].expected = labels[i];
}

}  // namespace

absl::StatusOr<std::vector<Predictions>> MakePredictions(const std::string& model,
                                                         InferOutput output, const Rows& rows,
                                                         size_t first_row,
                                                         const NamesByOutput& class_names) {
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<Head> heads, PairOutputs(output.outputs));
  std::vector<Predictions> all;
  for (const Head& head : heads) {
    const auto names = class_names.find(heads.size() == 1 ? "" : head.scores->name);
    all.push_back(MakeAll(head, rows.count(), first_row,
                          names == class_names.end() ? std::vector<std::string>() : names->second));
    all.back().model = model;
    all.back().version = output.version;
  }
  Expect(rows.labels, all);
  return all;
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
