// A model file as people and machines read it.

#ifndef HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_
#define HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "server/core/model/mlp.h"

namespace hillock::client {

// Tensors, a table of layers (shape, activation with its parameters, numbers learned), and totals:
// numbers, FLOP a row, bytes of weights as 32-bit floats.
std::string ModelText(const model::Mlp& mlp);

// The same as one object; sizes are numbers. One output is "output", with "class_labels" and
// "multilabel" beside it; several are "outputs", each with its own.
nlohmann::ordered_json ModelJson(const model::Mlp& mlp);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_MODEL_TEXT_H_
