// SPDX-License-Identifier: Apache-2.0
#include "client/report/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

// A float output and the labels that belong to it; either may be null.
struct Head {
  const Tensor* scores = nullptr;
  Tensor* labels = nullptr;

  const std::string& name() const { return scores == nullptr ? labels->name : scores->name; }
  bool has_strings() const { return labels != nullptr && labels->kind == Tensor::Kind::kStrings; }

  // Several integers, each of which says whether a row has the class of that float.
  bool is_multilabel() const {
    return labels != nullptr && scores != nullptr && !has_strings() && labels->width > 1;
  }

  // One label a row.
  bool has_classes() const { return labels != nullptr && (labels->width == 1 || has_strings()); }
};

// What is left of a name without its last word, if that is one of those; else the whole.
std::string_view Stem(std::string_view name, std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (name.ends_with(word)) return name.substr(0, name.size() - word.size());
  }
  return name;
}

bool AreNamedAlike(const std::string& labels, const std::string& scores) {
  constexpr std::array<std::string_view, 1> kLabel = {"label"};
  constexpr std::array<std::string_view, 3> kScores = {"probability", "probabilities", "scores"};
  if (scores + std::string(kLabelSuffix) == labels) return true;
  return labels.ends_with(kLabel[0]) && Stem(scores, kScores) != scores &&
         Stem(labels, kLabel) == Stem(scores, kScores);
}

// Whether these labels were paired with a float output.
bool PairLabels(Tensor& labels, std::vector<Head>& heads) {
  for (Head& head : heads) {
    const bool fits = labels.width == 1 || (labels.kind == Tensor::Kind::kIntegers &&
                                            labels.width == head.scores->width);
    const bool belongs = heads.size() == 1 || AreNamedAlike(labels.name, head.scores->name);
    if (!fits || !belongs || head.labels != nullptr) continue;
    head.labels = &labels;
    return true;
  }
  return false;
}

absl::StatusOr<std::vector<Head>> PairOutputs(std::vector<Tensor>& outputs) {
  std::vector<Head> heads;
  for (const Tensor& tensor : outputs) {
    if (tensor.kind == Tensor::Kind::kFloats) heads.push_back({&tensor, nullptr});
  }
  std::vector<Head> alone;
  for (Tensor& tensor : outputs) {
    if (tensor.kind == Tensor::Kind::kFloats || PairLabels(tensor, heads)) continue;
    alone.push_back({nullptr, &tensor});
  }
  heads.insert(heads.end(), alone.begin(), alone.end());
  if (heads.empty()) return absl::UnimplementedError("got no output, want at least 1");
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

// Numbers of a row: the scores, or the integers that stand alone.
std::vector<float> NumbersOf(const Head& head, size_t i) {
  if (head.scores != nullptr) {
    const auto scores = head.scores->row(i);
    return {scores.begin(), scores.end()};
  }
  if (head.has_strings()) return {};
  const auto row =
      std::span(head.labels->integers).subspan(i * head.labels->width, head.labels->width);
  return {row.begin(), row.end()};
}

std::string ClassOf(const Head& head, size_t i) {
  if (!head.has_strings()) return std::to_string(head.labels->integers[i]);
  std::string label;
  for (size_t c = 0; c < head.labels->width; ++c) {
    label.append(c == 0 ? "" : " ").append(head.labels->strings[i * head.labels->width + c]);
  }
  return label;
}

Prediction MakeOne(const Head& head, size_t i, const std::vector<std::string>& class_names) {
  Prediction prediction;
  prediction.outputs = NumbersOf(head, i);
  const size_t width = prediction.outputs.size();
  if (head.is_multilabel()) {
    const auto yes = std::span(head.labels->integers).subspan(i * width, width);
    prediction.yes.assign(yes.begin(), yes.end());
    prediction.label = LabelOf(yes, class_names);
  } else if (head.has_classes()) {
    prediction.label = ClassOf(head, i);
  } else {
    prediction.label = std::to_string(PredictedClass(prediction.outputs));
  }
  return prediction;
}

Predictions MakeAll(const Head& head, size_t rows, size_t first_row,
                    std::vector<std::string> class_names) {
  Predictions predictions;
  predictions.output = head.name();
  predictions.multilabel = head.is_multilabel();
  predictions.names_classes = head.has_classes() || predictions.multilabel;
  const size_t width = head.scores == nullptr ? 0 : head.scores->width;
  predictions.class_names =
      NameClasses(std::move(class_names), std::max<size_t>(2, width), head.has_classes());
  for (size_t i = 0; i < rows; ++i) {
    predictions.rows.push_back(MakeOne(head, i, predictions.class_names));
    predictions.rows.back().row = first_row + i;
  }
  predictions.probabilities =
      head.scores != nullptr && !predictions.multilabel &&
      std::all_of(predictions.rows.begin(), predictions.rows.end(),
                  [](const Prediction& row) { return AreProbabilities(row.outputs); });
  return predictions;
}

// Those of an output by its name, or of the only one without.
std::vector<std::string> NamesOf(const Head& head, const NamesByOutput& class_names, bool is_only) {
  auto names = class_names.find(head.name());
  if (names == class_names.end() && is_only) names = class_names.find("");
  return names == class_names.end() ? std::vector<std::string>() : names->second;
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
    all.push_back(
        MakeAll(head, rows.count(), first_row, NamesOf(head, class_names, heads.size() == 1)));
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
  if (scores.empty()) return {{prediction.label, std::numeric_limits<float>::quiet_NaN()}};
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
  ranked.reserve(order.size());
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

std::optional<std::string> WhyIncomparable(const Predictions& predictions) {
  const Prediction* sample = nullptr;
  size_t numbers = 0;         // among the labels
  size_t wanted_numbers = 0;  // among what is expected
  size_t total = 0;
  for (const Prediction& prediction : predictions.rows) {
    if (!prediction.expected) continue;
    sample = &prediction;
    ++total;
    numbers += ParseNumber(prediction.label).has_value() ? 1 : 0;
    wanted_numbers += ParseNumber(*prediction.expected).has_value() ? 1 : 0;
  }
  const bool all_one_way = total > 0 && numbers + wanted_numbers == total &&
                           (numbers == total || wanted_numbers == total);
  if (!all_one_way || predictions.multilabel) return std::nullopt;
  const bool answers_numbers = numbers == total;
  return fmt::format("no accuracy: the model answers {} such as {}, and the file has {} such as {}",
                     answers_numbers ? "numbers" : "names", Quoted(sample->label),
                     answers_numbers ? "names" : "numbers", Quoted(*sample->expected));
}

std::optional<Accuracy> Measure(const Predictions& predictions) {
  if (WhyIncomparable(predictions)) return std::nullopt;
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
