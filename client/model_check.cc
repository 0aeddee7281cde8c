#include "client/model_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "server/activation/backend.h"
#include "server/base/clock.h"
#include "server/base/status.h"
#include "server/engine/buckets.h"
#include "server/engine/executor.h"

namespace hillock::client {
namespace {

double Difference(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(double{a} - double{b}) / std::max(1.0, std::abs(double{b}));
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

absl::Status CheckShapes(const model::Mlp& a, const model::Mlp& b) {
  if (a.inputs() == b.inputs() && a.answer_width() == b.answer_width()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} -> {} values a row, and {} -> {}", a.inputs(),
                                                a.answer_width(), b.inputs(), b.answer_width()));
}

}  // namespace

std::string WorstDifferenceLine(const WorstDifference& worst) {
  return fmt::format("worst difference {:.2g} over {} rows: {} and {} at row {}, column {}",
                     worst.difference, worst.rows, worst.a, worst.b, worst.row, worst.column);
}

Rows RandomRows(const model::Mlp& mlp, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Rows rows;
  rows.width = mlp.inputs();
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
  const auto plan = engine::Plan::Compile(mlp, {.backend = Backend::kFallback});
  engine::Executor executor(plan, Clock::Monotonic());
  std::vector<float> answers;
  answers.reserve(rows.count() * mlp.answer_width());
  for (size_t first = 0; first < rows.count(); first += engine::kMaxRows) {
    const size_t count = std::min(engine::kMaxRows, rows.count() - first);
    std::copy_n(rows.row(first).data(), count * rows.width, executor.input());
    HILLOCK_RETURN_IF_ERROR(executor.Run(count, false));
    answers.insert(answers.end(), executor.output(),
                   executor.output() + count * mlp.answer_width());
  }
  return answers;
}

absl::StatusOr<WorstDifference> Compare(const model::Mlp& a, const model::Mlp& b,
                                        const Rows& rows) {
  HILLOCK_RETURN_IF_ERROR(CheckShapes(a, b));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_a, Answers(a, rows));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> from_b, Answers(b, rows));
  WorstDifference worst{.rows = rows.count(), .a = from_a.front(), .b = from_b.front()};
  for (size_t i = 0; i < from_a.size(); ++i) {
    const double difference = Difference(from_a[i], from_b[i]);
    if (!(difference > worst.difference)) continue;
    worst = {rows.count(),         difference, i / a.answer_width(),
             i % a.answer_width(), from_a[i],  from_b[i]};
  }
  return worst;
}

}  // namespace hillock::client
