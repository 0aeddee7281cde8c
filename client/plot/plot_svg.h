// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_PLOT_PLOT_SVG_H_
#define HILLOCK_CLIENT_PLOT_PLOT_SVG_H_

#include <string>

#include "client/plot/curve.h"

namespace hillock::client {

// The curve and its slope over the same axes, stretches where the slope vanishes shaded, as an SVG
// document of its own on a light ground. The axis spans the curve; the slope may widen it by as
// much again at either end and is cut off beyond. Pure.
std::string PlotSvg(const Curve& curve);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_PLOT_SVG_H_
