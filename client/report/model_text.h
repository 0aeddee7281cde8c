// SPDX-License-Identifier: Apache-2.0

// A model file as people and machines read it.

#ifndef HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_
#define HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "server/core/model/mlp.h"

namespace hillock::client {

// Tensors with datatype (unless it is FP32) and shape, what was left out of the file and why, a
// table of layers (what they read and compute where that is no chain of dense layers, activation
// with its parameters, numbers learned), and totals: numbers, FLOP a row, bytes of weights as
// 32-bit floats.
std::string ModelText(const model::Mlp& mlp);

// The same as one object; sizes are numbers, and -k in a shape is k for each row. One input is
// "input", several are "inputs". One output is "output", with "class_labels" and "multilabel"
// beside it; several are "outputs", each with its own.
nlohmann::ordered_json ModelJson(const model::Mlp& mlp);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_
