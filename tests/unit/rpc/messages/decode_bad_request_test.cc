// SPDX-License-Identifier: Apache-2.0

// Requests that are refused, by what the error says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/decoder.h"
#include "tests/unit/rpc/messages/two_rows.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::StatusIs;
using ::inference::ModelInferRequest;
using ::testing::HasSubstr;

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

struct BadRequest {
  std::string name;
  ModelInferRequest request;  // before the change
  std::function<void(ModelInferRequest&)> change;
  std::string message;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
};

std::ostream& operator<<(std::ostream& out, const BadRequest& bad) { return out << bad.name; }

class DecodeBadRequest : public ::testing::TestWithParam<BadRequest> {};

TEST_P(DecodeBadRequest, SaysGotAndWant) {
  Served labelled(Labelled(), {.max_rows = 100});
  ModelInferRequest request = GetParam().request;
  GetParam().change(request);
  EXPECT_THAT(Decoder().Decode(request, *labelled),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
}

BadRequest Shaped(const std::string& name, const std::vector<int64_t>& shape,
                  const std::string& text) {
  return {"shape_" + name, RawRequest(), [shape](auto& r) { SetShape(r, shape); },
          "input 'input': got shape [" + text + "], want [rows, 3] with at least 1 row"};
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, DecodeBadRequest,
    ::testing::Values(
        BadRequest{"no_input", RawRequest(), [](auto& r) { r.clear_inputs(); },
                   "model 'pets': got 0 inputs, want 1, 'input'"},
        BadRequest{"two_inputs", RawRequest(), [](auto& r) { *r.add_inputs() = r.inputs(0); },
                   "model 'pets': got 2 inputs, want 1, 'input'"},
        BadRequest{"name", RawRequest(), [](auto& r) { r.mutable_inputs(0)->set_name("x"); },
                   "model 'pets': got input 'x', want 'input'"},
        BadRequest{"datatype", RawRequest(),
                   [](auto& r) { r.mutable_inputs(0)->set_datatype("FP99"); },
                   "input 'input': got datatype 'FP99', want FP32"},
        BadRequest{"strings", RawRequest(),
                   [](auto& r) { r.mutable_inputs(0)->set_datatype("BYTES"); },
                   "input 'input': got datatype 'BYTES', want FP32"},
        BadRequest{"no_datatype", RawRequest(),
                   [](auto& r) { r.mutable_inputs(0)->clear_datatype(); },
                   "input 'input': got datatype '', want FP32"},
        Shaped("none", {}, ""), Shaped("rank_1", {4}, "4"), Shaped("rank_3", {2, 2, 3}, "2, 2, 3"),
        Shaped("width", {2, 4}, "2, 4"), Shaped("turned", {3, 2}, "3, 2"),
        Shaped("no_rows", {0, 3}, "0, 3"), Shaped("negative", {-1, 3}, "-1, 3"),
        Shaped("negative_width", {2, -3}, "2, -3"),
        Shaped("lowest", {-kHuge - 1, 3}, "-9223372036854775808, 3"),
        BadRequest{"too_many_rows", RawRequest(),
                   [](auto& r) {
                     SetShape(r, {101, 3});
                   },
                   "input 'input': got 101 rows, want at most 100",
                   absl::StatusCode::kResourceExhausted},
        BadRequest{"huge_rows", RawRequest(),
                   [](auto& r) {
                     SetShape(r, {kHuge, 3});
                   },
                   "got 9223372036854775807 rows, want at most 100",
                   absl::StatusCode::kResourceExhausted}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Contents, DecodeBadRequest,
    ::testing::Values(
        BadRequest{"none", TwoRows(), [](auto&) {},
                   "got 0 raw_input_contents, want 1, as there is 1 input"},
        BadRequest{"two_raw", RawRequest(), [](auto& r) { r.add_raw_input_contents("more"); },
                   "got 2 raw_input_contents, want 1, as there is 1 input"},
        BadRequest{"few_bytes", RawRequest(),
                   [](auto& r) { r.mutable_raw_input_contents(0)->pop_back(); },
                   "input 'input': 23 bytes, want 2 x 3 FP32 = 24"},
        BadRequest{"many_bytes", RawRequest(),
                   [](auto& r) { r.mutable_raw_input_contents(0)->append("more"); },
                   "input 'input': 28 bytes, want 2 x 3 FP32 = 24"},
        BadRequest{"no_bytes", RawRequest(),
                   [](auto& r) { r.mutable_raw_input_contents(0)->clear(); },
                   "input 'input': 0 bytes, want 2 x 3 FP32 = 24"},
        BadRequest{"raw_and_typed", TypedRequest(),
                   [](auto& r) {
                     r.add_raw_input_contents(Raw<float>({1, 2, 3, 4, 5, 6}));
                   },
                   "input 'input': contents field must not be specified when using "
                   "raw_input_contents"},
        BadRequest{"few_floats", TypedRequest({1, 2, 3, 4, 5}), [](auto&) {},
                   "input 'input': 5 fp32_contents, want 2 x 3 = 6"},
        BadRequest{"many_floats", TypedRequest({1, 2, 3, 4, 5, 6, 7}), [](auto&) {},
                   "input 'input': 7 fp32_contents, want 2 x 3 = 6"},
        BadRequest{"no_floats", TypedRequest({}),
                   [](auto& r) { r.mutable_inputs(0)->mutable_contents(); },
                   "input 'input': 0 fp32_contents, want 2 x 3 = 6"},
        BadRequest{"doubles", TypedRequest({}),
                   [](auto& r) { r.mutable_inputs(0)->mutable_contents()->add_fp64_contents(1); },
                   "input 'input': contents in a field of another datatype, want fp32_contents"},
        BadRequest{
            "bytes_beside_floats", TypedRequest(),
            [](auto& r) { r.mutable_inputs(0)->mutable_contents()->add_bytes_contents("a"); },
            "contents in a field of another datatype, want fp32_contents"}),
    ::testing::PrintToStringParamName());

constexpr auto kUnknown = absl::StatusCode::kUnimplemented;

INSTANTIATE_TEST_SUITE_P(
    Unsupported, DecodeBadRequest,
    ::testing::Values(
        BadRequest{
            "shared_memory_input", TwoRows(),
            [](auto& r) { (*r.mutable_inputs(0)->mutable_parameters())["shared_memory_region"]; },
            "input 'input': parameter 'shared_memory_region' is not supported", kUnknown},
        BadRequest{"shared_memory_output", RawRequest(),
                   [](auto& r) {
                     auto& output = *r.add_outputs();
                     output.set_name("output");
                     (*output.mutable_parameters())["shared_memory_region"];
                   },
                   "output 'output': parameter 'shared_memory_region' is not supported", kUnknown},
        BadRequest{"classification", RawRequest(),
                   [](auto& r) {
                     auto& output = *r.add_outputs();
                     output.set_name("output");
                     (*output.mutable_parameters())["classification"].set_int64_param(1);
                   },
                   "output 'output': parameter 'classification' is not supported", kUnknown}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::rpc
