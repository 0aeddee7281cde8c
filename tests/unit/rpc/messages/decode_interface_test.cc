// SPDX-License-Identifier: Apache-2.0

// Requests in the names, datatypes and shapes of a model's file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "server/core/base/half.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/decoder.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using namespace std::string_literals;

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::inference::ModelInferRequest;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using D = model::Datatype;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// A model of one input of that datatype and shape.
model::Mlp OneInput(D datatype, model::TensorShape shape, size_t width) {
  model::Mlp mlp = MlpBuilder(width).Add(2, "identity").Build();
  mlp.inputs = {{.name = "x", .datatype = datatype, .shape = std::move(shape), .width = width}};
  return mlp;
}

// A position, a code from 0 to 4, a word and a state that may be left out: six columns.
model::Mlp ManyInputs() {
  model::Mlp mlp = MlpBuilder(6).Add(2, "identity").Build();
  mlp.inputs = {
      {.name = "position", .shape = {-1, 1, 2}, .width = 2},
      {.name = "code", .datatype = D::kInt64, .shape = {-1}, .width = 1, .low = {0}, .high = {4}},
      {.name = "word", .datatype = D::kBytes, .shape = {-1, 1}, .width = 1},
      {.name = "state", .shape = {-1, 2}, .width = 2, .required = false}};
  mlp.words = {"red", "green", ""};
  return mlp;
}

using Input = ModelInferRequest::InferInputTensor;

Input& AddInput(ModelInferRequest& request, const std::string& name, const std::string& datatype,
                const std::vector<int64_t>& shape) {
  Input& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype(datatype);
  input.mutable_shape()->Assign(shape.begin(), shape.end());
  return input;
}

// As they lie in raw contents.
std::string RawStrings(const std::vector<std::string>& strings) {
  std::string raw;
  for (const std::string& text : strings) {
    raw += Raw<uint32_t>({static_cast<uint32_t>(text.size())}) + text;
  }
  return raw;
}

ModelInferRequest ManyRaw() {
  ModelInferRequest request;
  AddInput(request, "position", "FP32", {2, 1, 2});
  AddInput(request, "code", "INT64", {2});
  AddInput(request, "word", "BYTES", {2, 1});
  request.add_raw_input_contents(Raw<float>({1, 2, 3, 4}));
  request.add_raw_input_contents(Raw<int64_t>({0, 4}));
  request.add_raw_input_contents(RawStrings({"green", "blue"}));
  return request;
}

ModelInferRequest ManyTyped() {
  ModelInferRequest request = ManyRaw();
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

std::vector<float> Floats(const InferView& view, size_t width) {
  std::vector<float> floats(view.rows * width);
  std::memcpy(floats.data(), view.input, floats.size() * sizeof(float));
  return floats;
}

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
              StatusIs(Code::kInvalidArgument, GetParam().message));
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
