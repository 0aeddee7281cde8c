// SPDX-License-Identifier: Apache-2.0

// Models of other inputs than rows of FP32, and requests for them.

#ifndef HILLOCK_TESTS_UNIT_RPC_MESSAGES_MANY_INPUTS_H_
#define HILLOCK_TESTS_UNIT_RPC_MESSAGES_MANY_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/core/model/mlp.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/rpc/messages/decoder.h"

namespace hillock::rpc {

// A model of one input of that datatype and shape.
inline model::Mlp OneInput(model::Datatype datatype, model::TensorShape shape, size_t width) {
  model::Mlp mlp = testing::MlpBuilder(width).Add(2, "identity").Build();
  mlp.inputs = {{.name = "x", .datatype = datatype, .shape = std::move(shape), .width = width}};
  return mlp;
}

// A position, a code from 0 to 4, a word and a state that may be left out: six columns.
inline model::Mlp ManyInputs() {
  model::Mlp mlp = testing::MlpBuilder(6).Add(2, "identity").Build();
  mlp.inputs = {{.name = "position", .shape = {-1, 1, 2}, .width = 2},
                {.name = "code",
                 .datatype = model::Datatype::kInt64,
                 .shape = {-1},
                 .width = 1,
                 .low = {0},
                 .high = {4}},
                {.name = "word", .datatype = model::Datatype::kBytes, .shape = {-1, 1}, .width = 1},
                {.name = "state", .shape = {-1, 2}, .width = 2, .required = false}};
  mlp.words = {"red", "green", ""};
  return mlp;
}

inline inference::ModelInferRequest::InferInputTensor& AddInput(
    inference::ModelInferRequest& request, const std::string& name, const std::string& datatype,
    const std::vector<int64_t>& shape) {
  auto& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype(datatype);
  input.mutable_shape()->Assign(shape.begin(), shape.end());
  return input;
}

// As they lie in raw contents.
inline std::string RawStrings(const std::vector<std::string>& strings) {
  std::string raw;
  for (const std::string& text : strings) {
    raw += Raw<uint32_t>({static_cast<uint32_t>(text.size())}) + text;
  }
  return raw;
}

inline inference::ModelInferRequest ManyRaw() {
  inference::ModelInferRequest request;
  AddInput(request, "position", "FP32", {2, 1, 2});
  AddInput(request, "code", "INT64", {2});
  AddInput(request, "word", "BYTES", {2, 1});
  request.add_raw_input_contents(Raw<float>({1, 2, 3, 4}));
  request.add_raw_input_contents(Raw<int64_t>({0, 4}));
  request.add_raw_input_contents(RawStrings({"green", "blue"}));
  return request;
}

inline inference::ModelInferRequest ManyTyped() {
  inference::ModelInferRequest request = ManyRaw();
  request.clear_raw_input_contents();
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f}) {
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(value);
  }
  for (const int64_t value : {0, 4}) {
    request.mutable_inputs(1)->mutable_contents()->add_int64_contents(value);
  }
  for (const char* value : {"green", "blue"}) {
    request.mutable_inputs(2)->mutable_contents()->add_bytes_contents(value);
  }
  return request;
}

inline std::vector<float> Floats(const InferView& view, size_t width) {
  std::vector<float> floats(view.rows * width);
  std::memcpy(floats.data(), view.input, floats.size() * sizeof(float));
  return floats;
}

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_MESSAGES_MANY_INPUTS_H_
