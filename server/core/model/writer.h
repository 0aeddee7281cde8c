// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_WRITER_H_
#define HILLOCK_SERVER_CORE_MODEL_WRITER_H_

#include <string>

#include "server/core/model/mlp.h"

namespace hillock::model {

// The content of a model.mlp file for `mlp`, of the lowest version that holds it. ReadMlp gives an
// equal Mlp back, but that an output's shape of [rows, width] is one left empty. Equal models
// become equal bytes. REQUIRES: Validate(mlp) is OK.
std::string WriteMlp(const Mlp& mlp);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_WRITER_H_
