#include "client/api/model_input.h"

#include <fmt/format.h>

#include "client/text/text.h"

namespace hillock::client {

absl::StatusOr<ModelInput> OnlyInput(const inference::ModelMetadataResponse& metadata) {
  const bool one = metadata.inputs_size() == 1 && metadata.inputs(0).datatype() == "FP32" &&
                   metadata.inputs(0).shape_size() == 2 && metadata.inputs(0).shape(1) > 0;
  if (!one) {
    return absl::UnimplementedError(
        fmt::format("model {} does not have one FP32 input of shape [-1, width], which is what "
                    "this command can send",
                    Quoted(metadata.name())));
  }
  return ModelInput{metadata.inputs(0).name(), static_cast<size_t>(metadata.inputs(0).shape(1))};
}

}  // namespace hillock::client
