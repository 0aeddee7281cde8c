// SPDX-License-Identifier: Apache-2.0

// A function of one number as someone answered it, and what can be read off it. Pure.

#ifndef HILLOCK_CLIENT_PLOT_CURVE_H_
#define HILLOCK_CLIENT_PLOT_CURVE_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "client/plot/axis.h"
#include "server/core/activation/activation.h"

namespace hillock::client {

struct Curve {
  std::string model;
  std::string version;
  std::string title;      // what is drawn, such as "tanh" or "iris: versicolor"
  std::string x_name;     // of the input swept
  std::string y_name;     // of the output
  std::vector<double> x;  // ascending
  std::vector<double> y;
  std::vector<double> slope;  // as SlopesOf(x, y)
};

// `points` numbers from low to high at equal distances, each rounded to a float: what is sent.
std::vector<float> Sweep(const Interval& interval, size_t points);

// The slope at every point: the central difference of its neighbours' answers, at the ends the
// difference to the only neighbour. REQUIRES: x ascends, x.size() == y.size() >= 2.
std::vector<double> SlopesOf(std::span<const double> x, std::span<const double> y);

// The longest stretches of points whose slope is under activation::kVanishing in magnitude. A
// stretch of one point has low == high.
std::vector<Interval> Saturated(const Curve& curve);

// The arguments between which the activation is worth looking at: -6 to 6, halved until |f| over
// the outer half no longer goes beyond 10 and twice that. REQUIRES: not a row function.
Interval UsualRange(const activation::Spec& spec);

// {"model", "version", "input", "output", "points": [{"x", "y", "slope"}], "saturated": [[low,
// high]]}.
nlohmann::ordered_json CurveJson(const Curve& curve);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_CURVE_H_
