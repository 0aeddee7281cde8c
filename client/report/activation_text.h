// SPDX-License-Identifier: Apache-2.0

// The fields of an activation in words, for every report that shows them. Pure.

#ifndef HILLOCK_CLIENT_REPORT_ACTIVATION_TEXT_H_
#define HILLOCK_CLIENT_REPORT_ACTIVATION_TEXT_H_

#include <string>
#include <string_view>

#include "server/core/activation/activation.h"
#include "server/core/activation/figures.h"

namespace hillock::client {

// "elementwise", "per unit" or "row".
std::string_view ScopeText(activation::Scope scope);

// "alpha = 0.01 (-100 to 100)", several separated by commas; a range of all numbers is left out.
std::string ParamsText(const activation::Spec& spec);

// "Gelu, approximate = tanh, since 20"; empty where ONNX has no operator.
std::string OnnxText(const activation::OnnxForm& onnx);

// Where the derivative vanishes: "x < -4.147, x > 4.147", "everywhere" or "nowhere".
std::string SaturationText(const activation::Saturation& saturation);

// An error in ULP, to two decimals below 1,000; "> 1e9" above that, infinity included.
std::string UlpText(double ulp);

// Four significant digits; "-0" and "inf" as they are.
std::string ValueText(double value);

// "CPU; instruction sets ...; oneDNN 2.6.3; 2026-11-21".
std::string MachineText(const activation::Machine& machine);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_ACTIVATION_TEXT_H_
