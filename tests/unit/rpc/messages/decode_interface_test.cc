// SPDX-License-Identifier: Apache-2.0

// Requests in the names, datatypes and shapes of a model's file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/core/base/half.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/decoder.h"
#include "tests/unit/rpc/messages/many_inputs.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::inference::ModelInferRequest;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using D = model::Datatype;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class DecodeInterfaceTest : public ::testing::Test {
 protected:
  void ExpectRows(const ModelInferRequest& request, Served& served,
                  const std::vector<float>& want) {
    const auto view = decoder_.Decode(request, *served);
    ASSERT_THAT(view, IsOk()) << request.ShortDebugString();
    EXPECT_THAT(Floats(*view, (*served).input_width()), ElementsAreArray(want))
        << request.ShortDebugString();
  }

  Served many_{ManyInputs()};
  Decoder decoder_;
};

TEST_F(DecodeInterfaceTest, PutsInputsSideBySide) {
  const std::vector<float> want = {1, 2, 0, 1, 0, 0, 3, 4, 4, -1, 0, 0};
  ExpectRows(ManyRaw(), many_, want);
  ExpectRows(ManyTyped(), many_, want);
}

TEST_F(DecodeInterfaceTest, TakesInputsInAnyOrder) {
  ModelInferRequest request;
  AddInput(request, "state", "FP32", {1, 2});
  AddInput(request, "word", "BYTES", {1});
  AddInput(request, "code", "INT64", {1, 1});
  AddInput(request, "position", "FP32", {1, 2});
  request.add_raw_input_contents(Raw<float>({7, 8}));
  request.add_raw_input_contents(RawStrings({""}));
  request.add_raw_input_contents(Raw<int64_t>({3}));
  request.add_raw_input_contents(Raw<float>({5, 6}));
  ExpectRows(request, many_, {5, 6, 3, 2, 7, 8});
}

TEST_F(DecodeInterfaceTest, SaysWhetherTheContentsWereTyped) {
  EXPECT_FALSE(decoder_.Decode(ManyRaw(), *many_)->typed);
  EXPECT_TRUE(decoder_.Decode(ManyTyped(), *many_)->typed);
}

TEST_F(DecodeInterfaceTest, TakesManyRows) {
  constexpr size_t kRows = 3000;
  ModelInferRequest request = ManyTyped();
  std::vector<float> want;
  for (int i = 0; i < 3; ++i) {
    request.mutable_inputs(i)->set_shape(0, kRows);
    request.mutable_inputs(i)->clear_contents();
  }
  for (size_t row = 0; row < kRows; ++row) {
    const auto value = static_cast<float>(row);
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(value);
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(-value);
    request.mutable_inputs(1)->mutable_contents()->add_int64_contents(
        static_cast<int64_t>(row % 5));
    request.mutable_inputs(2)->mutable_contents()->add_bytes_contents("red");
    want.insert(want.end(), {value, -value, static_cast<float>(row % 5), 0, 0, 0});
  }
  ExpectRows(request, many_, want);
}

TEST_F(DecodeInterfaceTest, RepeatsASharedInputInEveryRow) {
  model::Mlp mlp = ManyInputs();
  mlp.inputs = {{.name = "view", .shape = {2}, .width = 2, .shared = true},
                {.name = "moves", .shape = {-1, 4}, .width = 4}};
  Served shared(std::move(mlp));
  ModelInferRequest request;
  AddInput(request, "view", "FP32", {2});
  AddInput(request, "moves", "INT8", {3, 4});
  request.add_raw_input_contents(Raw<float>({8, 9}));
  request.add_raw_input_contents("\1\1\1\1\2\2\2\2\3\3\3\3");
  ExpectRows(request, shared, {8, 9, 1, 1, 1, 1, 8, 9, 2, 2, 2, 2, 8, 9, 3, 3, 3, 3});
}

TEST_F(DecodeInterfaceTest, TakesASingleRowWithAndWithoutAnAxisOfRows) {
  Served served(OneInput(D::kFp32, {2, 3}, 6));
  struct Row {
    std::vector<int64_t> shape;
    size_t rows;
    bool adds_axis;
  };
  for (const auto& [shape, rows, adds_axis] : {Row{{2, 3}, 1, false}, Row{{1, 2, 3}, 1, true},
                                               Row{{4, 2, 3}, 4, true}, Row{{2, 3, 1}, 1, false}}) {
    ModelInferRequest request;
    AddInput(request, "x", "FP32", shape);
    request.add_raw_input_contents(Raw(std::vector<float>(6 * rows, 1)));
    const auto view = decoder_.Decode(request, *served);
    ASSERT_THAT(view, IsOk());
    EXPECT_EQ(view->rows, rows);
    EXPECT_EQ(view->adds_axis, adds_axis) << shape.size();
    EXPECT_EQ(view->input, decoder_.request().raw_contents[0].data()) << "it copied";
  }
}

struct Sent {
  std::string datatype;
  std::string raw;                                                // of 1, 0, 1, 1
  std::function<void(inference::InferTensorContents&, int)> add;  // null: there is no field
};

void PrintTo(const Sent& sent, std::ostream* out) { *out << sent.datatype; }

class DecodeDatatype : public ::testing::TestWithParam<Sent> {};

TEST_P(DecodeDatatype, ConvertsToEveryOther) {
  for (const model::DatatypeSpec& declared : model::kDatatypes) {
    if (declared.kind == model::DatatypeKind::kString) continue;
    Served served(OneInput(*model::FindDatatype(declared.name), {-1, 2}, 2));
    ModelInferRequest request;
    AddInput(request, "x", GetParam().datatype, {2, 2});
    ModelInferRequest typed = request;
    request.add_raw_input_contents(GetParam().raw);
    Decoder decoder;
    const auto view = decoder.Decode(request, *served);
    ASSERT_THAT(view, IsOk()) << declared.name;
    EXPECT_THAT(Floats(*view, 2), ElementsAre(1, 0, 1, 1)) << declared.name;
    for (const int value : {1, 0, 1, 1}) {
      if (GetParam().add) GetParam().add(*typed.mutable_inputs(0)->mutable_contents(), value);
    }
    if (!GetParam().add) typed.mutable_inputs(0)->mutable_contents();
    const auto typed_view = decoder.Decode(typed, *served);
    if (GetParam().add) {
      ASSERT_THAT(typed_view, IsOk()) << declared.name;
      EXPECT_THAT(Floats(*typed_view, 2), ElementsAre(1, 0, 1, 1)) << declared.name;
    } else {
      EXPECT_THAT(typed_view, StatusIs(Code::kInvalidArgument,
                                       "input 'x': " + GetParam().datatype +
                                           " has no field in contents, want raw_input_contents"));
    }
  }
}

using Contents = inference::InferTensorContents;

template <class T>
std::string Bits() {
  return Raw<T>({1, 0, 1, 1});
}

const uint16_t kHalf = FloatToHalf(1);
const uint16_t kBfloat16 = FloatToBfloat16(1);

INSTANTIATE_TEST_SUITE_P(
    Each, DecodeDatatype,
    ::testing::Values(
        Sent{"BOOL", Bits<uint8_t>(), [](Contents& c, int v) { c.add_bool_contents(v != 0); }},
        Sent{"INT8", Bits<int8_t>(), [](Contents& c, int v) { c.add_int_contents(v); }},
        Sent{"INT16", Bits<int16_t>(), [](Contents& c, int v) { c.add_int_contents(v); }},
        Sent{"INT32", Bits<int32_t>(), [](Contents& c, int v) { c.add_int_contents(v); }},
        Sent{"INT64", Bits<int64_t>(), [](Contents& c, int v) { c.add_int64_contents(v); }},
        Sent{"UINT8", Bits<uint8_t>(),
             [](Contents& c, int v) { c.add_uint_contents(static_cast<uint32_t>(v)); }},
        Sent{"UINT16", Bits<uint16_t>(),
             [](Contents& c, int v) { c.add_uint_contents(static_cast<uint32_t>(v)); }},
        Sent{"UINT32", Bits<uint32_t>(),
             [](Contents& c, int v) { c.add_uint_contents(static_cast<uint32_t>(v)); }},
        Sent{"UINT64", Bits<uint64_t>(),
             [](Contents& c, int v) { c.add_uint64_contents(static_cast<uint64_t>(v)); }},
        Sent{"FP16", Raw<uint16_t>({kHalf, 0, kHalf, kHalf}), nullptr},
        Sent{"BF16", Raw<uint16_t>({kBfloat16, 0, kBfloat16, kBfloat16}), nullptr},
        Sent{"FP32", Bits<float>(),
             [](Contents& c, int v) { c.add_fp32_contents(static_cast<float>(v)); }},
        Sent{"FP64", Bits<double>(), [](Contents& c, int v) { c.add_fp64_contents(v); }}),
    ::testing::PrintToStringParamName());

// An FP16 output has no field in contents, so the whole answer is raw.
TEST_F(DecodeInterfaceTest, AnswersRawWhatHasNoField) {
  model::Mlp mlp = ManyInputs();
  mlp.outputs[0].datatype = D::kFp16;
  Served half(std::move(mlp));
  EXPECT_FALSE(decoder_.Decode(ManyTyped(), *half)->typed);
}

TEST_F(DecodeInterfaceTest, TakesNanWhereTheModelDoes) {
  model::Mlp mlp = OneInput(D::kFp64, {-1, 2}, 2);
  mlp.inputs[0].takes_non_finite = true;
  Served takes(std::move(mlp));
  Served refuses(OneInput(D::kFp64, {-1, 2}, 2));
  for (const double value : {double{kNan}, -double{kInf}}) {
    ModelInferRequest request;
    AddInput(request, "x", "FP64", {1, 2});
    request.add_raw_input_contents(Raw<double>({0, value}));
    EXPECT_THAT(decoder_.Decode(request, *takes), IsOk());
    EXPECT_THAT(decoder_.Decode(request, *refuses),
                StatusIs(Code::kInvalidArgument, HasSubstr("input 'x': row 0, column 1 is ")));
  }
}

TEST_F(DecodeInterfaceTest, BoundsTheFloatsThatItMakes) {
  const size_t bytes = 2 * 6 * sizeof(float);
  EXPECT_THAT(decoder_.Decode(ManyRaw(), *many_, {.max_row_bytes = bytes}), IsOk());
  EXPECT_THAT(decoder_.Decode(ManyRaw(), *many_, {.max_row_bytes = bytes - 1}),
              StatusIs(Code::kResourceExhausted,
                       "model 'pets': 2 rows have 48 bytes as FP32, want at most 47"));
  Served plain(Plain());
  ModelInferRequest request;
  AddInput(request, "input", "FP32", {1, 3});
  request.add_raw_input_contents(Raw<float>({1, 2, 3}));
  EXPECT_THAT(decoder_.Decode(request, *plain, {.max_row_bytes = 0}), IsOk()) << "it copied";
}

}  // namespace
}  // namespace hillock::rpc
