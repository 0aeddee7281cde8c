// SPDX-License-Identifier: Apache-2.0

// Answers in the names, datatypes and shapes of a model's file.

#include <fmt/format.h>
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
#include "server/rpc/messages/response_writer.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/decoder.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using namespace std::string_literals;

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::inference::ModelInferResponse;
using ::inference::ModelStreamInferResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using D = model::Datatype;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Answers as the engine would with `floats` in every output that is computed, cut to its size.
class Answerer {
 public:
  template <class Message = ModelInferResponse>
  Message Answer(Served& served, const InferView& view, const std::vector<float>& floats) {
    const bool stream = std::is_same_v<Message, ModelStreamInferResponse>;
    transport::Buffer buffer;
    const auto places =
        writer_.Begin({}, *served, view, stream ? AnswerKind::kStream : AnswerKind::kUnary, buffer);
    for (size_t i = 0; i < places.size(); ++i) {
      const size_t wanted = view.rows * (*served).outputs()[i].width;
      EXPECT_LE(wanted, floats.size());
      if (places[i] != nullptr) std::memcpy(places[i], floats.data(), wanted * sizeof(float));
    }
    EXPECT_THAT(writer_.End(), IsOk());
    Message message;
    EXPECT_TRUE(message.ParseFromArray(buffer.data(), static_cast<int>(buffer.size())));
    EXPECT_EQ(message.SerializeAsString(), buffer.view()) << message.ShortDebugString();
    return message;
  }

 private:
  ResponseWriter writer_;
};

// One output "y" of that datatype, of two floats a row.
model::Mlp OneOutput(D datatype, model::TensorShape shape) {
  model::Mlp mlp = MlpBuilder(3).Add(2, "identity").Build();
  mlp.outputs[0].name = "y";
  mlp.outputs[0].datatype = datatype;
  mlp.outputs[0].shape = std::move(shape);
  mlp.words = {"red", "", "green"};
  return mlp;
}

struct Row {
  D datatype;
  std::string raw;                                                          // of 2, 0.4, -1, NaN
  std::function<std::string(const inference::InferTensorContents&)> typed;  // those elements raw
};

void PrintTo(const Row& row, std::ostream* out) { *out << model::DatatypeName(row.datatype); }

class WriteDatatype : public ::testing::TestWithParam<Row> {};

TEST_P(WriteDatatype, RawAndTyped) {
  Served served(OneOutput(GetParam().datatype, {-1, 1, 2}));
  const std::vector<float> floats = {2, 0.4f, -1, kNan};
  Answerer answerer;
  for (int i = 0; i < 2; ++i) {
    const auto raw = answerer.Answer(served, {.rows = 2, .values = 1}, floats);
    ASSERT_EQ(raw.outputs_size(), 1);
    EXPECT_EQ(raw.outputs(0).name(), "y");
    EXPECT_EQ(raw.outputs(0).datatype(), model::DatatypeName(GetParam().datatype));
    EXPECT_THAT(raw.outputs(0).shape(), ElementsAre(2, 1, 2));
    EXPECT_THAT(raw.raw_output_contents(), ElementsAre(GetParam().raw));
    if (!GetParam().typed) continue;
    const auto typed = answerer.Answer(served, {.rows = 2, .typed = true, .values = 1}, floats);
    EXPECT_EQ(typed.raw_output_contents_size(), 0);
    EXPECT_EQ(typed.outputs(0).datatype(), model::DatatypeName(GetParam().datatype));
    EXPECT_EQ(GetParam().typed(typed.outputs(0).contents()), GetParam().raw);
  }
}

// The elements of a field, as raw contents of `T` have them.
template <class T>
std::string Narrow(const auto& elements) {
  std::vector<T> numbers;
  for (const auto element : elements) numbers.push_back(static_cast<T>(element));
  return Raw(numbers);
}

using Contents = inference::InferTensorContents;

INSTANTIATE_TEST_SUITE_P(
    Each, WriteDatatype,
    ::testing::Values(Row{D::kBool, "\1\1\1\1",
                          [](const Contents& c) { return Narrow<uint8_t>(c.bool_contents()); }},
                      Row{D::kInt8, Raw<int8_t>({2, 0, -1, 0}),
                          [](const Contents& c) { return Narrow<int8_t>(c.int_contents()); }},
                      Row{D::kInt16, Raw<int16_t>({2, 0, -1, 0}),
                          [](const Contents& c) { return Narrow<int16_t>(c.int_contents()); }},
                      Row{D::kInt32, Raw<int32_t>({2, 0, -1, 0}),
                          [](const Contents& c) { return Narrow<int32_t>(c.int_contents()); }},
                      Row{D::kInt64, Raw<int64_t>({2, 0, -1, 0}),
                          [](const Contents& c) { return Narrow<int64_t>(c.int64_contents()); }},
                      Row{D::kUint8, Raw<uint8_t>({2, 0, 0, 0}),
                          [](const Contents& c) { return Narrow<uint8_t>(c.uint_contents()); }},
                      Row{D::kUint16, Raw<uint16_t>({2, 0, 0, 0}),
                          [](const Contents& c) { return Narrow<uint16_t>(c.uint_contents()); }},
                      Row{D::kUint32, Raw<uint32_t>({2, 0, 0, 0}),
                          [](const Contents& c) { return Narrow<uint32_t>(c.uint_contents()); }},
                      Row{D::kUint64, Raw<uint64_t>({2, 0, 0, 0}),
                          [](const Contents& c) { return Narrow<uint64_t>(c.uint64_contents()); }},
                      Row{D::kFp16,
                          Raw<uint16_t>({FloatToHalf(2), FloatToHalf(0.4f), FloatToHalf(-1),
                                         FloatToHalf(kNan)}),
                          nullptr},
                      Row{D::kBf16,
                          Raw<uint16_t>({FloatToBfloat16(2), FloatToBfloat16(0.4f),
                                         FloatToBfloat16(-1), FloatToBfloat16(kNan)}),
                          nullptr},
                      Row{D::kFp32, Raw<float>({2, 0.4f, -1, kNan}),
                          [](const Contents& c) { return Narrow<float>(c.fp32_contents()); }},
                      Row{D::kFp64, Raw<double>({2, 0.4f, -1, kNan}),
                          [](const Contents& c) { return Narrow<double>(c.fp64_contents()); }},
                      Row{D::kBytes, "\5\0\0\0green\3\0\0\0red\0\0\0\0\0\0\0\0"s,
                          [](const Contents& c) {
                            std::string raw;
                            for (const std::string& text : c.bytes_contents()) {
                              raw += Raw<uint32_t>({static_cast<uint32_t>(text.size())}) + text;
                            }
                            return raw;
                          }}),
    ::testing::PrintToStringParamName());

struct Shaped {
  model::TensorShape shape;
  size_t rows;
  bool adds_axis;
  std::vector<int64_t> want;
};

class WriteShape : public ::testing::TestWithParam<Shaped> {};

TEST_P(WriteShape, ForSoManyRows) {
  const auto& [shape, rows, adds_axis, want] = GetParam();
  Served served(OneOutput(D::kFp32, shape));
  const std::vector<float> floats(rows * 2, 1);
  for (const bool typed : {false, true}) {
    const InferView view{.rows = rows, .typed = typed, .values = 1, .adds_axis = adds_axis};
    const auto response = Answerer().Answer(served, view, floats);
    EXPECT_THAT(response.outputs(0).shape(), ::testing::ElementsAreArray(want));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, WriteShape,
    ::testing::Values(
        Shaped{{}, 3, false, {3, 2}}, Shaped{{-1, 2}, 300, false, {300, 2}},
        Shaped{{-2}, 3, false, {6}}, Shaped{{1, -1, 1, 2}, 3, false, {1, 3, 1, 2}},
        Shaped{{2}, 1, false, {2}}, Shaped{{2}, 1, true, {1, 2}}, Shaped{{2}, 3, true, {3, 2}},
        Shaped{{1, 1, 1, 1, 1, 1, 1, 2}, 1 << 20, true, {1 << 20, 1, 1, 1, 1, 1, 1, 1, 2}}));

// A label, its probabilities, a version and a choice, in the order of a file.
model::Mlp ManyOutputs() {
  model::Mlp mlp = MlpBuilder(3)
                       .Add(1, "identity")
                       .Output("label")
                       .From(model::ValueId::kInput)
                       .Add(2, "softmax")
                       .Output("probabilities")
                       .From(model::ValueId::kInput)
                       .Add(1, "identity")
                       .Output("choice")
                       .Build();
  mlp.outputs[0].datatype = D::kBytes;
  mlp.outputs[0].shape = {-1};
  mlp.outputs[2].datatype = D::kInt64;
  mlp.outputs[2].shape = {-1};
  mlp.words = {"cat", "a dog"};
  const model::Output version{
      .name = "version", .datatype = D::kInt32, .shape = {}, .is_constant = true, .constant = {3}};
  const model::Output limits{
      .name = "limits", .shape = {1, 2}, .is_constant = true, .constant = {-1.5f, 1.5f}};
  const model::Output names{.name = "names",
                            .datatype = D::kBytes,
                            .shape = {2},
                            .is_constant = true,
                            .constant = {1, 0}};
  mlp.outputs.insert(mlp.outputs.begin() + 2, version);
  mlp.outputs.push_back(limits);
  mlp.outputs.push_back(names);
  return mlp;
}

constexpr unsigned kAll = 0b111111;

class WriteManyOutputs : public ::testing::Test {
 protected:
  ModelInferResponse Answer(const InferView& view) {
    return answerer_.Answer(served_, view, {1, 0, 0.25f, 0.75f});
  }

  Served served_{ManyOutputs()};
  Answerer answerer_;
};

TEST_F(WriteManyOutputs, InTheOrderOfTheFile) {
  const auto response = Answer({.rows = 2, .values = kAll});
  std::vector<std::string> outputs;
  for (const auto& output : response.outputs()) {
    outputs.push_back(output.name() + " " + output.datatype());
    for (const int64_t size : output.shape()) outputs.back() += fmt::format(" {}", size);
  }
  EXPECT_THAT(outputs, ElementsAre("label BYTES 2", "probabilities FP32 2 2", "version INT32",
                                   "choice INT64 2", "limits FP32 1 2", "names BYTES 2"));
  EXPECT_THAT(
      response.raw_output_contents(),
      ElementsAre("\5\0\0\0a dog\3\0\0\0cat"s, Raw<float>({1, 0, 0.25f, 0.75f}), Raw<int32_t>({3}),
                  Raw<int64_t>({1, 0}), Raw<float>({-1.5f, 1.5f}), "\5\0\0\0a dog\3\0\0\0cat"s));
}

TEST_F(WriteManyOutputs, TypedToo) {
  const auto response = Answer({.rows = 2, .typed = true, .values = kAll});
  ASSERT_EQ(response.outputs_size(), 6);
  EXPECT_EQ(response.raw_output_contents_size(), 0);
  EXPECT_THAT(response.outputs(0).contents().bytes_contents(), ElementsAre("a dog", "cat"));
  EXPECT_THAT(response.outputs(1).contents().fp32_contents(), ElementsAre(1, 0, 0.25f, 0.75f));
  EXPECT_THAT(response.outputs(2).contents().int_contents(), ElementsAre(3));
  EXPECT_THAT(response.outputs(3).contents().int64_contents(), ElementsAre(1, 0));
  EXPECT_THAT(response.outputs(4).contents().fp32_contents(), ElementsAre(-1.5f, 1.5f));
  EXPECT_THAT(response.outputs(5).contents().bytes_contents(), ElementsAre("a dog", "cat"));
}

TEST_F(WriteManyOutputs, OnlyThoseThatAreWanted) {
  for (unsigned wanted = 1; wanted <= kAll; ++wanted) {
    for (const bool typed : {false, true}) {
      const auto response = Answer({.rows = 2, .typed = typed, .values = wanted});
      const auto all = Answer({.rows = 2, .typed = typed, .values = kAll});
      int next = 0;
      for (int i = 0; i < all.outputs_size(); ++i) {
        if ((wanted >> i & 1) == 0) continue;
        EXPECT_EQ(response.outputs(next).SerializeAsString(), all.outputs(i).SerializeAsString());
        if (!typed) {
          EXPECT_EQ(response.raw_output_contents(next), all.raw_output_contents(i)) << wanted;
        }
        ++next;
      }
      EXPECT_EQ(response.outputs_size(), next);
    }
  }
}

TEST_F(WriteManyOutputs, InAStreamToo) {
  const InferView view{.rows = 2, .values = kAll};
  const auto stream =
      answerer_.Answer<ModelStreamInferResponse>(served_, view, {1, 0, 0.25f, 0.75f});
  EXPECT_EQ(stream.infer_response().SerializeAsString(), Answer(view).SerializeAsString());
}

TEST_F(WriteManyOutputs, WithFloatsInPlaceBeforeTheFirstOfUnknownLength) {
  transport::Buffer buffer;
  ResponseWriter writer;
  const auto places =
      writer.Begin({}, *served_, {.rows = 2, .values = 0b1010}, AnswerKind::kUnary, buffer);
  EXPECT_EQ(places[0], nullptr) << "nobody wants it";
  EXPECT_EQ(places[2], nullptr) << "it is a constant";
  EXPECT_GE(places[1], buffer.data());
  EXPECT_LE(places[1] + 16, buffer.data() + buffer.size());
  EXPECT_FALSE(places[3] >= buffer.data() && places[3] < buffer.data() + buffer.size());
}

TEST_F(WriteManyOutputs, AfterCheckingWhatTheyTake) {
  Decoder decoder;
  inference::ModelInferRequest request;
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(2);
  input.add_shape(3);
  request.add_raw_input_contents(Raw<float>({1, 2, 3, 4, 5, 6}));
  // Labels: floats and lengths; probabilities; the version; choices: floats and integers; limits;
  // lengths of the names.
  const size_t bytes = 2 * (4 + 4) + 2 * 2 * 4 + 4 + 2 * (4 + 8) + 8 + 2 * 4;
  const auto view = decoder.Decode(request, *served_, {.max_answer_bytes = bytes});
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->values, kAll);
  EXPECT_EQ(view->answer_bytes, bytes);
  EXPECT_THAT(decoder.Decode(request, *served_, {.max_answer_bytes = bytes - 1}),
              testing::StatusIs(absl::StatusCode::kResourceExhausted,
                                HasSubstr("the answer to 2 rows has ")));
}

TEST_F(WriteManyOutputs, AndSaysWhyOthersAreLeftOut) {
  model::Mlp mlp = ManyOutputs();
  mlp.left_out = {{"noise", "node 'n' (RandomNormalLike): draws random numbers"}};
  Served served(std::move(mlp));
  Decoder decoder;
  inference::ModelInferRequest request;
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(3);
  request.add_raw_input_contents(Raw<float>({1, 2, 3}));
  EXPECT_EQ(decoder.Decode(request, *served)->values, kAll);
  request.add_outputs()->set_name("noise");
  EXPECT_THAT(decoder.Decode(request, *served),
              testing::StatusIs(absl::StatusCode::kUnimplemented,
                                "model 'pets': output 'noise' is left out: node 'n' "
                                "(RandomNormalLike): draws random numbers"));
}

}  // namespace
}  // namespace hillock::rpc
