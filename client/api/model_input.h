#ifndef HILLOCK_CLIENT_API_MODEL_INPUT_H_
#define HILLOCK_CLIENT_API_MODEL_INPUT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "proto/inference.pb.h"

namespace hillock::client {

// What rows a model takes.
struct ModelInput {
  std::string name;  // of the tensor
  size_t width = 0;  // floats a row
};

// The model's only input. Errors: UNIMPLEMENTED when it is not one FP32 matrix of rows.
absl::StatusOr<ModelInput> OnlyInput(const inference::ModelMetadataResponse& metadata);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_MODEL_INPUT_H_
