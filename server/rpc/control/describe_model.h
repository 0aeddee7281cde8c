// SPDX-License-Identifier: Apache-2.0

// What a model's tensors and options are, as messages.

#ifndef HILLOCK_SERVER_RPC_CONTROL_DESCRIBE_MODEL_H_
#define HILLOCK_SERVER_RPC_CONTROL_DESCRIBE_MODEL_H_

#include <string>

#include "proto/inference.pb.h"
#include "server/lifecycle/served_model.h"

namespace hillock::rpc {

// Fills in the inputs and outputs.
void DescribeTensors(const lifecycle::ServedModel& model,
                     inference::ModelMetadataResponse& response);

// Fills in all but the names of the platform and the backend.
void DescribeModel(const lifecycle::ServedModel& model, inference::ModelConfig& config);

// "output 'noise' is left out: node 'RandomNormalLike_15' draws random numbers"
std::string Describe(const model::LeftOut& left_out);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_DESCRIBE_MODEL_H_
