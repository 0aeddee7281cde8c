// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_STATE_JSON_H_
#define HILLOCK_SERVER_HTTP_STATE_JSON_H_

#include <string>

#include "server/lifecycle/catalog.h"

namespace hillock::http {

// What the live page shows beside the metrics:
//
//     {"version", "ready", "vanishing",
//      "models": [{"name", "version", "state", "reason",
//                  "layers": [{"name", "activation", "outputs", "precision", "runs",
//                              "curve": its position in curves, or null for a row function}]}],
//      "curves": [{"activation", "formula", "x": [], "y": [], "flat": [[low, high]]}]}
//
// Layers are in the order in which they run, and have the names that the metrics have; a model that
// does not serve has none. `vanishing` is the |f'| under which a gradient vanishes.
std::string StateJson(const lifecycle::Catalog& catalog, bool ready);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_STATE_JSON_H_
