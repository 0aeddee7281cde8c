// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/recognition/samples.h"

#include <algorithm>
#include <utility>

#include "server/core/base/background_thread.h"

namespace hillock::onnx {
namespace {

constexpr double kGridEnd = 12;
constexpr double kGridStep = 0.37;
constexpr double kTailStart = 1e-4;
constexpr double kTailEnd = 1e4;
constexpr double kTailFactor = 2.3;
constexpr int kHalvings = 80;

// Points at which most functions differ come first: a comparison ends at the first that does not
// agree. Steps are no round numbers, so that a period or a kink is not met again and again.
std::vector<double> MakeGrid() {
  std::vector<double> grid{1, -1, 0, 2.5, -2.5};
  for (double x = -kGridEnd; x <= kGridEnd; x += kGridStep) grid.push_back(x);
  for (double x = kTailStart; x <= kTailEnd; x *= kTailFactor) {
    grid.push_back(x);
    grid.push_back(-x);
  }
  return grid;
}

const std::vector<double>& Grid() {
  static const std::vector<double> kGrid = MakeGrid();
  return kGrid;
}

// The function of one element.
class Subject {
 public:
  Subject(Evaluator& function, size_t unit, Budget& budget)
      : function_(function), unit_(unit), budget_(budget) {}

  double operator()(double x) {
    budget_.Spend(function_.steps());
    return function_(x, unit_);
  }
  const std::vector<double>& EdgesAt(double x) {
    (*this)(x);
    return function_.edges();
  }
  bool has_steps() const { return budget_.has_steps(); }

 private:
  Evaluator& function_;
  size_t unit_;
  Budget& budget_;
};

// Both sides of the place between a and b where edge number `edge` changes its sign. The halvings
// are more than a double has bits, so the two end as neighbours, or nearly.
void AddEdge(Subject& subject, size_t edge, double a, double b, std::vector<double>& points) {
  const bool left = subject.EdgesAt(a)[edge] < 0;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = a + (b - a) / 2;
    if (middle == a || middle == b) break;
    ((subject.EdgesAt(middle)[edge] < 0) == left ? a : b) = middle;
  }
  points.push_back(a);
  points.push_back(b);
}

std::vector<double> Edges(Subject& subject) {
  std::vector<double> sorted = Grid();
  std::ranges::sort(sorted);
  std::vector<double> points;
  std::vector<double> before = subject.EdgesAt(sorted.front());
  for (size_t i = 1; i < sorted.size(); ++i) {
    std::vector<double> now = subject.EdgesAt(sorted[i]);
    for (size_t edge = 0; edge < now.size() && subject.has_steps(); ++edge) {
      if ((before[edge] < 0) != (now[edge] < 0)) {
        AddEdge(subject, edge, sorted[i - 1], sorted[i], points);
      }
    }
    before = std::move(now);
  }
  return points;
}

Samples TakeAt(Subject& subject, const std::vector<double>& xs) {
  Samples samples;
  for (const double x : xs) {
    if (!subject.has_steps()) break;
    const Sample sample{x, subject(x)};
    if (!std::isfinite(sample.y)) continue;
    samples.points.push_back(sample);
    if (sample.is_near()) samples.span = std::max(samples.span, std::abs(sample.y));
  }
  // A function that is mostly not a number is none of the table's.
  if (2 * samples.points.size() < xs.size()) samples.points.clear();
  return samples;
}

}  // namespace

std::vector<Samples> Take(Evaluator& function, size_t units, Budget& budget) {
  std::vector<Samples> all;
  for (size_t unit = 0; unit < units; ++unit) {
    YieldIfContended();
    Subject subject(function, unit, budget);
    std::vector<double> xs = Grid();
    if (unit == 0) {
      const std::vector<double> edges = Edges(subject);
      xs.insert(xs.end(), edges.begin(), edges.end());
    }
    all.push_back(TakeAt(subject, xs));
  }
  return all;
}

}  // namespace hillock::onnx
