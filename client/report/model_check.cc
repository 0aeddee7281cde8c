#include "client/report/model_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "client/text/text.h"
#include "server/core/activation/backend.h"
#include "server/core/base/status.h"
#include "server/core/engine/evaluate.h"
#include "server/core/engine/plan.h"

namespace hillock::client {
namespace {

double Difference(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(double{a} - double{b}) / std::max(1.0, std::abs(double{b}));
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

absl::Status CheckShapes(const model::Mlp& a, const model::Mlp& b) {
  const auto widths = [](const model::Mlp& mlp) {
    std::vector<size_t> all;
    for (const model::Output& output : mlp.outputs) all.push_back(mlp.width(output));
    return all;
  };
  if (a.input_width() == b.input_width() && widths(a) == widths(b)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} -> {} values a row, and {} -> {}",
                                                a.input_width(), fmt::join(widths(a), " and "),
                                                b.input_width(), fmt::join(widths(b), " and ")));
}

// Where in a row of all outputs `column` is.
void SetColumn(const model::Mlp& mlp, size_t column, WorstDifference& worst) {
  worst.column = column;
  for (const model::Output& output : mlp.outputs) {
    if (mlp.outputs.size() > 1) worst.output = output.name;
    if (worst.column < mlp.width(output)) return;
    worst.column -= mlp.width(output);
  }
}

}  // namespace

std::string WorstDifferenceLine(const WorstDifference& worst) {
  return fmt::format("worst difference {:.2g} over {} rows: {} and {} at row {}, column {}{}",
                     worst.difference, worst.rows, worst.a, worst.b, worst.row, worst.column,
                     worst.output.empty() ? "" : fmt::format(" of '{}'", Printable(worst.output)));
}

Rows RandomRows(const model::Mlp& mlp, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Rows rows;
  rows.width = mlp.input_width();
  rows.values.reserve(count * rows.width);
  for (size_t i = 0; i < count * rows.width; ++i) {
    const size_t c = i % rows.width;
    float value = normal(random);
    if (!mlp.offset.empty() && mlp.scale[c] != 0) value = value / mlp.scale[c] + mlp.offset[c];
    rows.values.push_back(value);
  }
  return rows;
}

absl::StatusOr<std::vector<float>> Answers(const model::Mlp& mlp, const Rows& rows) {
  return engine::Evaluate(engine::Plan::Compile(mlp, {{.backend = Backend::kFallback}}),
                          rows.values);
}

absl::StatusOr<WorstDifference> Compare(const model::Mlp& a, const model::Mlp& b,
                                        const Rows& rows) {
  HILLOCK_RETURN_IF_ERROR(CheckShapes(a, b));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_a, Answers(a, rows));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_b, Answers(b, rows));
  WorstDifference worst;
  worst.rows = rows.count();
  size_t at = 0;
  for (size_t i = 0; i < from_a.size(); ++i) {
    const double difference = Difference(from_a[i], from_b[i]);
    if (!(difference > worst.difference)) continue;
    at = i;
    worst.difference = difference;
  }
  worst.a = from_a[at];
  worst.b = from_b[at];
  worst.row = at / a.answer_width();
  SetColumn(a, at % a.answer_width(), worst);
  return worst;
}

}  // namespace hillock::client
