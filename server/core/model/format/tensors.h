// SPDX-License-Identifier: Apache-2.0

// Inputs and outputs in a file. Whether they fit the layers is left to Validate().

#ifndef HILLOCK_SERVER_CORE_MODEL_FORMAT_TENSORS_H_
#define HILLOCK_SERVER_CORE_MODEL_FORMAT_TENSORS_H_

#include <cstddef>

#include "proto/mlp.pb.h"
#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::model {

// Those at `index`, with their defaults filled in. UNIMPLEMENTED for a datatype that this server
// does not know; INVALID_ARGUMENT for a name that is too long, and parts of numbers.
absl::StatusOr<Input> ReadInput(const v1::Input& from, size_t index);
absl::StatusOr<Output> ReadOutput(const v1::Output& from, size_t index);

// Whether versions 1 and 2 can hold it: FP32, [rows, width], and nothing else to say.
bool IsPlain(const Input& input);
bool IsPlain(const Output& output, const Mlp& mlp);

// A plain input or output becomes one that says no more than those versions can.
void WriteInput(const Input& input, v1::Input& to);
void WriteOutput(const Output& output, const Mlp& mlp, v1::Output& to);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_FORMAT_TENSORS_H_
