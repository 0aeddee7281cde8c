// SPDX-License-Identifier: Apache-2.0
#include "client/report/model_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "client/text/text.h"
#include "server/core/activation/backend.h"
#include "server/core/base/status.h"
#include "server/core/engine/evaluate.h"
#include "server/core/engine/plan.h"

namespace hillock::client {
namespace {

using model::Datatype;
using model::Input;
using model::Mlp;
using model::Output;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Difference(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(double{a} - double{b}) / std::max(1.0, std::abs(double{b}));
  return std::isnan(difference) ? kInfinity : difference;
}

size_t WidthOf(const Mlp&, const Input& input) { return input.width; }
size_t WidthOf(const Mlp& mlp, const Output& output) { return mlp.width(output); }

template <class Tensor>
std::vector<size_t> Widths(const Mlp& mlp, const std::vector<Tensor>& tensors) {
  std::vector<size_t> widths;
  widths.reserve(tensors.size());
  for (const Tensor& tensor : tensors) widths.push_back(WidthOf(mlp, tensor));
  return widths;
}

// The outputs of a model that are not the labels which another draws from its own outputs.
std::vector<Output> ComparedOutputs(const Mlp& mlp, const Mlp& other) {
  std::vector<Output> outputs = mlp.outputs;
  for (const Output& drawn : other.outputs) {
    if (!drawn.has_labels()) continue;
    const std::string name = other.LabelName(drawn);
    std::erase_if(outputs, [&](const Output& output) { return output.name == name; });
  }
  return outputs;
}

// For each tensor of b the one of a that it belongs to: by name where all names agree, else by
// position.
template <class Tensor>
std::vector<size_t> Partners(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  std::vector<size_t> by_name;
  std::vector<size_t> by_position;
  for (const Tensor& tensor : b) {
    const auto found = std::ranges::find(a, tensor.name, &Tensor::name);
    if (found != a.end()) by_name.push_back(static_cast<size_t>(found - a.begin()));
    by_position.push_back(by_position.size());
  }
  return by_name.size() == b.size() ? by_name : by_position;
}

absl::Status WidthsDiffer(const Mlp& a, const Mlp& b) {
  const auto text = [](const Mlp& mlp) {
    return fmt::format("{} -> {}", fmt::join(Widths(mlp, mlp.inputs), " and "),
                       fmt::join(Widths(mlp, mlp.outputs), " and "));
  };
  return absl::InvalidArgumentError(fmt::format("{} values a row, and {}", text(a), text(b)));
}

template <class Tensor>
bool WidthsAgree(const Mlp& a, const std::vector<Tensor>& of_a, const Mlp& b,
                 const std::vector<Tensor>& of_b, const std::vector<size_t>& partners) {
  if (of_a.size() != of_b.size()) return false;
  for (size_t i = 0; i < of_b.size(); ++i) {
    if (WidthOf(a, of_a[partners[i]]) != WidthOf(b, of_b[i])) return false;
  }
  return true;
}

// The string that a float stands for in a BYTES tensor of the model; "" for one that is not there.
std::string_view WordAt(const Mlp& mlp, float position) {
  const bool is_word = position >= 0 && position < static_cast<float>(mlp.words.size());
  return is_word ? std::string_view(mlp.words[static_cast<size_t>(position)]) : "";
}

// Positions of the words of one model among those of another.
class Translation {
 public:
  Translation(const Mlp& from, const Mlp& to) : from_(from) {
    for (const std::string& word : to.words) {
      positions_.emplace(word, static_cast<float>(positions_.size()));
    }
  }

  float operator()(float position) const {
    const auto found = positions_.find(WordAt(from_, position));
    return position < 0 || found == positions_.end() ? -1 : found->second;
  }

 private:
  const Mlp& from_;
  std::map<std::string_view, float> positions_;
};

// A column of b's rows: where it is in a's, and whether it holds positions of words.
struct ColumnOfB {
  size_t in_a;
  bool is_word;
};

// None where the inputs do not belong together.
std::optional<std::vector<ColumnOfB>> ColumnsOfB(const Mlp& a, const Mlp& b) {
  const std::vector<size_t> partners = Partners(a.inputs, b.inputs);
  const bool agree = WidthsAgree(a, a.inputs, b, b.inputs, partners);
  const bool flat = a.inputs.size() == 1 || b.inputs.size() == 1;
  if (!agree && !(flat && a.input_width() == b.input_width())) return std::nullopt;
  std::vector<ColumnOfB> columns;
  for (size_t i = 0; i < b.inputs.size(); ++i) {
    size_t begin = columns.size();
    if (agree) {
      begin = 0;
      for (size_t p = 0; p < partners[i]; ++p) begin += a.inputs[p].width;
    }
    const bool is_word = b.inputs[i].datatype == Datatype::kBytes;
    for (size_t c = 0; c < b.inputs[i].width; ++c) columns.push_back({begin + c, is_word});
  }
  return columns;
}

Rows RowsOfB(const Mlp& a, const Mlp& b, const Rows& rows, const std::vector<ColumnOfB>& columns) {
  const Translation translate(a, b);
  Rows of_b;
  of_b.width = rows.width;
  of_b.values.reserve(rows.values.size());
  for (size_t row = 0; row < rows.count(); ++row) {
    for (const ColumnOfB& column : columns) {
      const float value = rows.row(row)[column.in_a];
      of_b.values.push_back(column.is_word ? translate(value) : value);
    }
  }
  return of_b;
}

// One output of a model in its answers to `rows` rows.
class Column {
 public:
  Column(const Mlp& mlp, const Output& output, const std::vector<float>& answers)
      : mlp_(mlp), output_(output), answers_(answers) {
    for (const Output& before : mlp.outputs) {
      if (before.name == output.name) break;
      if (!before.is_constant) begin_ += mlp.width(before);
    }
  }

  float at(size_t row, size_t column) const {
    if (output_.is_constant) return output_.constant[column];
    return answers_[row * mlp_.answer_width() + begin_ + column];
  }
  std::string_view word(size_t row, size_t column) const { return WordAt(mlp_, at(row, column)); }

 private:
  const Mlp& mlp_;
  const Output& output_;
  const std::vector<float>& answers_;
  size_t begin_ = 0;
};

// Of words there is no distance: they are the same, or as far as can be.
double DifferenceAt(const Output& output, const Column& a, const Column& b, size_t row, size_t c) {
  if (output.datatype != Datatype::kBytes) return Difference(a.at(row, c), b.at(row, c));
  return a.word(row, c) == b.word(row, c) ? 0 : kInfinity;
}

// Takes the largest difference of an output into `worst`.
void CompareOutput(const Mlp& mlp, const Output& output, const Column& a, const Column& b,
                   WorstDifference& worst) {
  const size_t rows = output.is_constant ? 1 : worst.rows;
  for (size_t row = 0; row < rows; ++row) {
    for (size_t c = 0; c < mlp.width(output); ++c) {
      const double difference = DifferenceAt(output, a, b, row, c);
      if (!(difference > worst.difference)) continue;
      worst = {.rows = worst.rows,
               .difference = difference,
               .row = row,
               .output = mlp.outputs.size() > 1 ? output.name : "",
               .column = c,
               .a = a.at(row, c),
               .b = b.at(row, c)};
    }
  }
}

}  // namespace

std::string WorstDifferenceLine(const WorstDifference& worst) {
  return fmt::format("worst difference {:.2g} over {} rows: {} and {} at row {}, column {}{}",
                     worst.difference, worst.rows, worst.a, worst.b, worst.row, worst.column,
                     worst.output.empty() ? "" : fmt::format(" of '{}'", Printable(worst.output)));
}

absl::StatusOr<std::vector<float>> Answers(const Mlp& mlp, const Rows& rows) {
  return engine::Evaluate(
      engine::Plan::Compile(mlp, {{.backend = Backend::kFallback, .allow_non_finite = true}}),
      rows.values);
}

absl::StatusOr<WorstDifference> Compare(const Mlp& a, const Mlp& b, const Rows& rows) {
  const auto columns = ColumnsOfB(a, b);
  const std::vector<Output> outputs_of_a = ComparedOutputs(a, b);
  const std::vector<Output> outputs_of_b = ComparedOutputs(b, a);
  const std::vector<size_t> partners = Partners(outputs_of_a, outputs_of_b);
  if (!columns || !WidthsAgree(a, outputs_of_a, b, outputs_of_b, partners)) {
    return WidthsDiffer(a, b);
  }
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_a, Answers(a, rows));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_b,
                           Answers(b, RowsOfB(a, b, rows, *columns)));
  WorstDifference worst;
  worst.rows = rows.count();
  worst.difference = -1;  // the first element is worse
  for (size_t i = 0; i < outputs_of_b.size(); ++i) {
    const Output& of_a = outputs_of_a[partners[i]];
    CompareOutput(a, of_a, Column(a, of_a, from_a), Column(b, outputs_of_b[i], from_b), worst);
  }
  worst.difference = std::max(worst.difference, 0.0);
  return worst;
}

}  // namespace hillock::client
