// SPDX-License-Identifier: Apache-2.0
#include "client/commands/model_interface.h"

#include "server/core/base/status.h"
#include "server/core/model/datatype.h"

namespace hillock::client {
namespace {

ElementKind KindOf(model::Datatype datatype) {
  switch (model::SpecOf(datatype).kind) {
    case model::DatatypeKind::kBool:
      return ElementKind::kBool;
    case model::DatatypeKind::kInteger:
      return ElementKind::kInteger;
    case model::DatatypeKind::kString:
      return ElementKind::kString;
    case model::DatatypeKind::kFloat:
      break;
  }
  return ElementKind::kNumber;
}

}  // namespace

absl::StatusOr<ModelInterface> AskForInterface(const Client& client, const std::string& model,
                                               const std::string& version) {
  HILLOCK_ASSIGN_OR_RETURN(const auto metadata, client.ModelMetadata(model, version));
  ModelInterface of;
  HILLOCK_ASSIGN_OR_RETURN(of.inputs, InputsOf(metadata));
  if (of.inputs.empty()) return absl::UnimplementedError("the model has no input");
  // Whether a model can do without one of several inputs the server knows.
  const bool may_be_absent = of.inputs.size() > 1;
  for (const ModelInput& input : of.inputs) {
    of.columns.push_back({input.name, input.width, KindOf(input.datatype), may_be_absent});
    of.width += input.width;
  }
  of.outputs = RowOutputsOf(metadata);
  const auto all = static_cast<size_t>(metadata.outputs_size());
  if (of.outputs.size() == all) of.outputs.clear();
  return of;
}

absl::StatusOr<std::vector<InputColumns>> AskForOutputs(const Client& client,
                                                        const std::string& model,
                                                        const std::string& version) {
  HILLOCK_ASSIGN_OR_RETURN(const auto metadata, client.ModelMetadata(model, version));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<ModelInput> outputs, OutputsOf(metadata));
  std::vector<InputColumns> columns;
  for (const ModelInput& output : outputs) {
    columns.push_back({output.name, output.width, KindOf(output.datatype), true});
  }
  return columns;
}

}  // namespace hillock::client
