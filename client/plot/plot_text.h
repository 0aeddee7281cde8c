// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_PLOT_PLOT_TEXT_H_
#define HILLOCK_CLIENT_PLOT_PLOT_TEXT_H_

#include <string>

#include "client/plot/curve.h"
#include "client/text/terminal.h"

namespace hillock::client {

// The curve, below it its slope on a scale of its own, both over one axis of arguments, and under
// them a band where the slope vanishes. Every line ends in a newline; none is wider than 80 columns
// unless the title is. Pure.
std::string PlotText(const Curve& curve, Charset charset, Ink ink);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_PLOT_TEXT_H_
