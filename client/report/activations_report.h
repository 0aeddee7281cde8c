// SPDX-License-Identifier: Apache-2.0

// The table of activations and what was measured of them, as text for people and as JSON for
// machines. Pure.

#ifndef HILLOCK_CLIENT_REPORT_ACTIVATIONS_REPORT_H_
#define HILLOCK_CLIENT_REPORT_ACTIVATIONS_REPORT_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "server/core/activation/activation.h"
#include "server/core/activation/figures.h"

namespace hillock::client {

// One line an activation, its worst errors and times included, and a last line on the machine that
// they were measured on.
std::string ActivationsTable(std::span<const activation::Spec> specs);

// One activation in full. `figures` may be null: not measured.
std::string ActivationDetail(const activation::Spec& spec, const activation::Figures* figures);

// {"machine": {...}, "activations": [{"name", "formula", "scope", "params", "saturation", "onnx",
// "onednn", "tolerance_ulp", "special_values", "figures"}]}. What an activation does not have is
// null, and so are figures that were not measured; a number that is not finite is a string.
nlohmann::ordered_json ActivationsJson(std::span<const activation::Spec> specs);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_ACTIVATIONS_REPORT_H_
