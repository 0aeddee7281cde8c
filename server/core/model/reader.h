// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_READER_H_
#define HILLOCK_SERVER_CORE_MODEL_READER_H_

#include <string_view>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::model {

// The layouts of proto/mlp.proto that this server reads and writes: a chain of dense layers with
// one output; trees of them with several, and multilabel ones; and the newest, graphs of row
// operations with several inputs, datatypes and shapes.
inline constexpr unsigned kChainVersion = 1;
inline constexpr unsigned kTreeVersion = 2;
inline constexpr unsigned kGraphVersion = 3;

// Parses the content of a model.mlp file (hillock.v1.Mlp). The content is treated as hostile:
// nothing is allocated from a number in it that the bytes present do not bear out. Errors:
// DATA_LOSS for damage (checksum, truncation, not a message), UNIMPLEMENTED for a format version,
// an activation, a function or a datatype this server does not know, INVALID_ARGUMENT for sizes,
// parameters or numbers that make no sense; each names the layer or tensor, got and want.
absl::StatusOr<Mlp> ReadMlp(std::string_view content);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_READER_H_
