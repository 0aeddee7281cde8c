// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_CHECK_OPERATION_H_
#define HILLOCK_SERVER_CORE_MODEL_CHECK_OPERATION_H_

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::model {

// Checks the operation of a layer that is not dense: as many sources as it takes, of widths that
// fit; lists as long as they have to be; finite numbers. INVALID_ARGUMENT with got and want.
// REQUIRES: the values that it reads exist.
absl::Status CheckOperation(const Mlp& mlp, const Layer& layer);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_CHECK_OPERATION_H_
