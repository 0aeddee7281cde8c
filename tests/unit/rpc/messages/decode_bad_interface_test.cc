// SPDX-License-Identifier: Apache-2.0

// Requests that do not have the names, datatypes, shapes and ranges of a model's file.

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
#include "tests/unit/rpc/messages/many_inputs.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using namespace std::string_literals;

using ::hillock::testing::StatusIs;
using ::inference::ModelInferRequest;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Bad {
  std::string name;
  std::function<void(ModelInferRequest&)> change;
  std::string message;
  bool typed = false;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class DecodeBadInterface : public ::testing::TestWithParam<Bad> {};

TEST_P(DecodeBadInterface, SaysGotAndWant) {
  Served served(ManyInputs());
  ModelInferRequest request = GetParam().typed ? ManyTyped() : ManyRaw();
  GetParam().change(request);
  EXPECT_THAT(Decoder().Decode(request, *served),
              StatusIs(absl::StatusCode::kInvalidArgument, GetParam().message));
}

template <class T>
std::function<void(ModelInferRequest&)> Position(const std::string& datatype,
                                                 const std::vector<T>& numbers) {
  return [=](ModelInferRequest& r) {
    r.mutable_inputs(0)->set_datatype(datatype);
    r.set_raw_input_contents(0, Raw(numbers));
  };
}

std::function<void(ModelInferRequest&)> Words(const std::string& raw) {
  return [=](ModelInferRequest& r) { r.set_raw_input_contents(2, raw); };
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, DecodeBadInterface,
    ::testing::Values(
        Bad{"Missing",
            [](auto& r) {
              r.mutable_inputs()->RemoveLast();
              r.mutable_raw_input_contents()->RemoveLast();
            },
            "model 'pets': got 2 inputs, want 4, 'word' is missing: BYTES [rows, 1] with at "
            "least 1 row"},
        Bad{"Unknown", [](auto& r) { r.mutable_inputs(1)->set_name("colour"); },
            "model 'pets': got input 'colour', want 'position', 'code', 'word' or 'state'"},
        Bad{"Twice", [](auto& r) { r.mutable_inputs(1)->set_name("position"); },
            "model 'pets': got input 'position' twice, want it once"},
        Bad{"TooMany",
            [](auto& r) {
              for (int i = 0; i < 2; ++i) *r.add_inputs() = r.inputs(0);
            },
            "model 'pets': got 5 inputs, want 4, 'position', 'code', 'word' and 'state'"},
        Bad{"StringsForNumbers", [](auto& r) { r.mutable_inputs(1)->set_datatype("BYTES"); },
            "input 'code': got datatype 'BYTES', want INT64"},
        Bad{"NumbersForStrings", [](auto& r) { r.mutable_inputs(2)->set_datatype("INT64"); },
            "input 'word': got datatype 'INT64', want BYTES"},
        Bad{"Shape", [](auto& r) { r.mutable_inputs(0)->set_shape(2, 3); },
            "input 'position': got shape [2, 1, 3], want [rows, 1, 2] or [rows, 2] with at least "
            "1 row"},
        Bad{"Rows", [](auto& r) { r.mutable_inputs(1)->set_shape(0, 3); },
            "input 'code': got 3 rows, want 2, as many as input 'position' has"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Contents, DecodeBadInterface,
    ::testing::Values(
        Bad{"FewRaw", [](auto& r) { r.mutable_raw_input_contents()->RemoveLast(); },
            "got 2 raw_input_contents, want 3, as there are 3 inputs"},
        Bad{"FewBytes", Position<double>("FP64", {1, 2, 3}),
            "input 'position': 24 bytes, want 2 x 2 FP64 = 32"},
        Bad{"FloatsForDoubles", [](auto& r) { r.mutable_inputs(0)->set_datatype("FP64"); },
            "input 'position': 16 bytes, want 2 x 2 FP64 = 32"},
        Bad{"TooPrecise", Position<int64_t>("INT64", {1, 2, 3, 16777217}),
            "input 'position': row 1, column 1 is 16777217, want a whole number from -16777216 to "
            "16777216 for FP32"},
        Bad{"TooLarge", Position<double>("FP64", {1, 2, -1e39, 4}),
            "input 'position': row 1, column 0 is -1e+39, want -3.4028235e+38 to 3.4028235e+38 for "
            "FP32"},
        Bad{"NotFinite", Position<float>("FP32", {1, 2, 3, kNan}),
            "input 'position': row 1, column 1 is nan, want a finite number"},
        Bad{"NotWhole",
            [](auto& r) {
              r.mutable_inputs(1)->set_datatype("FP32");
              r.set_raw_input_contents(1, Raw<float>({1, 1.5f}));
            },
            "input 'code': row 1, column 0 is 1.5, want a whole number from -9223372036854775808 "
            "to 9223372036854775807 for INT64"},
        Bad{"AboveItsRange",
            [](auto& r) {
              r.set_raw_input_contents(1, Raw<int64_t>({4, 5}));
            },
            "input 'code': row 1, column 0 is 5, want 0 to 4"},
        Bad{"BelowItsRange",
            [](auto& r) {
              r.set_raw_input_contents(1, Raw<int64_t>({-1, 0}));
            },
            "input 'code': row 0, column 0 is -1, want 0 to 4"},
        Bad{"CutLength", Words(RawStrings({"green"}) + "\0\0\0"s),
            "input 'word': its 12 bytes end within string 1 of 2"},
        Bad{"CutString", Words("\1\0\0\0a\4\0\0\0abc"s),
            "input 'word': its 12 bytes end within string 1 of 2"},
        Bad{"HugeLength", Words("\0\0\0\0\xff\xff\xff\xff"s),
            "input 'word': its 8 bytes end within string 1 of 2"},
        Bad{"NoLengths", Words("\0\0\0\0"s), "input 'word': 4 bytes, want 2 x 1 BYTES = 8 or more"},
        Bad{"MoreStrings", Words(RawStrings({"a", "b", "c"})),
            "input 'word': 5 bytes follow the last of 2 strings"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    TypedContents, DecodeBadInterface,
    ::testing::Values(
        Bad{"Missing", [](auto& r) { r.mutable_inputs(1)->clear_contents(); },
            "input 'code': 0 int64_contents, want 2 x 1 = 2", true},
        Bad{"AnotherField",
            [](auto& r) {
              r.mutable_inputs(1)->mutable_contents()->clear_int64_contents();
              r.mutable_inputs(1)->mutable_contents()->add_int_contents(1);
            },
            "input 'code': contents in a field of another datatype, want int64_contents", true},
        Bad{"TwoFields",
            [](auto& r) { r.mutable_inputs(1)->mutable_contents()->add_fp64_contents(1); },
            "input 'code': contents in a field of another datatype, want int64_contents", true},
        Bad{"FewStrings",
            [](auto& r) {
              r.mutable_inputs(2)->mutable_contents()->mutable_bytes_contents()->RemoveLast();
            },
            "input 'word': 1 bytes_contents, want 2 x 1 = 2", true},
        Bad{"TooWide",
            [](auto& r) {
              r.mutable_inputs(1)->set_datatype("INT8");
              auto& contents = *r.mutable_inputs(1)->mutable_contents();
              contents.clear_int64_contents();
              contents.add_int_contents(0);
              contents.add_int_contents(128);
            },
            "input 'code': row 1, column 0 is 128, want a whole number from -128 to 127 for INT64",
            true},
        Bad{"RawToo", [](auto& r) { r.add_raw_input_contents(""); },
            "input 'position': contents field must not be specified when using raw_input_contents",
            true}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::rpc
