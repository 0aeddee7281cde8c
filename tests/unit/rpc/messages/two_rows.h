// SPDX-License-Identifier: Apache-2.0

// Requests for two rows of the models of served.h.

#ifndef HILLOCK_TESTS_UNIT_RPC_MESSAGES_TWO_ROWS_H_
#define HILLOCK_TESTS_UNIT_RPC_MESSAGES_TWO_ROWS_H_

#include <cstdint>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/unit/rpc/messages/decoder.h"

namespace hillock::rpc {

// A sound request of two rows, without their numbers.
inline inference::ModelInferRequest TwoRows() {
  inference::ModelInferRequest request;
  request.set_model_name("pets");
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(2);
  input.add_shape(3);
  return request;
}

inline inference::ModelInferRequest RawRequest(const std::vector<float>& floats = {1, 2, 3, 4, 5,
                                                                                   6}) {
  inference::ModelInferRequest request = TwoRows();
  request.add_raw_input_contents(Raw(floats));
  return request;
}

inline inference::ModelInferRequest TypedRequest(const std::vector<float>& floats = {1, 2, 3, 4, 5,
                                                                                     6}) {
  inference::ModelInferRequest request = TwoRows();
  auto& contents = *request.mutable_inputs(0)->mutable_contents();
  contents.mutable_fp32_contents()->Assign(floats.begin(), floats.end());
  return request;
}

inline void SetShape(inference::ModelInferRequest& request, const std::vector<int64_t>& shape) {
  request.mutable_inputs(0)->mutable_shape()->Assign(shape.begin(), shape.end());
}

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_MESSAGES_TWO_ROWS_H_
