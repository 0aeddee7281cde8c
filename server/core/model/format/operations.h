// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_FORMAT_OPERATIONS_H_
#define HILLOCK_SERVER_CORE_MODEL_FORMAT_OPERATIONS_H_

#include "proto/mlp.pb.h"
#include "server/core/base/status.h"
#include "server/core/model/row_operation.h"

namespace hillock::model {

// The row operation of a layer in a file, whose counts are checked by Validate() alone: each list
// is as long as its bytes. UNIMPLEMENTED for a function or a reduction that this server does not
// know. REQUIRES: the layer has one.
absl::StatusOr<RowOperation> ReadOperation(const v1::Layer& from);

void WriteOperation(const RowOperation& operation, v1::Layer& to);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_FORMAT_OPERATIONS_H_
