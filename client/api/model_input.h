// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_MODEL_INPUT_H_
#define HILLOCK_CLIENT_API_MODEL_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/inference.pb.h"
#include "server/core/model/datatype.h"

namespace hillock::client {

// A tensor that a model takes, or that it answers with.
struct ModelInput {
  std::string name;
  size_t width = 0;  // elements a row
  model::Datatype datatype = model::Datatype::kFp32;
  std::vector<int64_t> shape{};  // -1: the axis of rows

  // It has no axis of rows, and other inputs have one: one row stands for all.
  bool is_shared = false;
};

// The model's inputs in their order. Errors: UNIMPLEMENTED for a datatype that is none of the
// protocol's, and for a shape with several open axes, or an empty one.
absl::StatusOr<std::vector<ModelInput>> InputsOf(const inference::ModelMetadataResponse& metadata);

// Its outputs that have rows; all, where no tensor has. Errors: as above.
absl::StatusOr<std::vector<ModelInput>> OutputsOf(const inference::ModelMetadataResponse& metadata);

// Whether rows of these inputs, side by side, are what the datatypes hold: whole numbers within the
// range, 0 and 1 for BOOL. INVALID_ARGUMENT naming input, row and column.
absl::Status CheckElements(std::span<const ModelInput> inputs, size_t width,
                           std::span<const float> values);

// The outputs that have rows: constants are none. All, where no tensor has rows.
std::vector<std::string> RowOutputsOf(const inference::ModelMetadataResponse& metadata);

// The model's only input. Errors: as above; UNIMPLEMENTED when it is not one of FP32 rows.
absl::StatusOr<ModelInput> OnlyInput(const inference::ModelMetadataResponse& metadata);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_MODEL_INPUT_H_
