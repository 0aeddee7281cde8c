// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/response_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "server/transport/memory.h"
#include "tests/support/allocations.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::inference::ModelInferResponse;
using ::inference::ModelStreamInferResponse;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

using namespace std::string_literals;
using transport::Buffer;

// The message that the bytes are, which protobuf would write as the same bytes.
template <class Message>
Message Parsed(const Buffer& buffer) {
  Message message;
  EXPECT_TRUE(message.ParseFromArray(buffer.data(), static_cast<int>(buffer.size())));
  EXPECT_EQ(message.SerializeAsString(), buffer.view()) << message.ShortDebugString();
  return message;
}

class ResponseWriterTest : public ::testing::Test {
 protected:
  // The response to a request with that view, when the engine answers `floats`.
  ModelInferResponse Encode(Served& served, const InferView& view,
                            const std::vector<float>& floats) {
    RequestView request;
    request.id = "request 7";
    return Write<ModelInferResponse>(served, request, view, AnswerKind::kUnary, floats);
  }

  template <class Message>
  Message Write(Served& served, const RequestView& request, const InferView& view, AnswerKind kind,
                const std::vector<float>& floats) {
    Buffer buffer;
    const auto rooms = writer_.Begin(request, *served, view, kind, buffer);
    std::memcpy(rooms[0], floats.data(), floats.size() * sizeof(float));
    EXPECT_THAT(writer_.End(), IsOk());
    return Parsed<Message>(buffer);
  }

  static std::vector<float> Unpack(const std::string& raw) {
    std::vector<float> floats(raw.size() / sizeof(float));
    std::memcpy(floats.data(), raw.data(), raw.size());
    return floats;
  }

  Served plain_{Plain()};
  Served labelled_{Labelled()};
  Served multilabel_{Multilabel()};
  ResponseWriter writer_;
};

TEST_F(ResponseWriterTest, SaysWhoAnswersWhat) {
  const auto response = Encode(plain_, {.rows = 1, .values = 1}, {1, 2});
  EXPECT_EQ(response.model_name(), "pets");
  EXPECT_EQ(response.model_version(), "3");
  EXPECT_EQ(response.id(), "request 7");
}

TEST_F(ResponseWriterTest, AnswersRawRequestsRaw) {
  const auto response = Encode(plain_, {.rows = 2, .values = 1}, {1, 2, 3, 4});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "output");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 2));
  EXPECT_FALSE(response.outputs(0).has_contents());
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_THAT(Unpack(response.raw_output_contents(0)), ElementsAre(1, 2, 3, 4));
}

TEST_F(ResponseWriterTest, AnswersTypedRequestsTyped) {
  const auto response = Encode(plain_, {.rows = 2, .typed = true, .values = 1}, {1, 2, 3, 4});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 2));
  EXPECT_THAT(response.outputs(0).contents().fp32_contents(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(ResponseWriterTest, AddsLabelsAfterTheValues) {
  const auto response =
      Encode(labelled_, {.rows = 2, .values = 1, .labels = 1}, {0.9f, 0.1f, 0.2f, 0.8f});
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(1).name(), "label");
  EXPECT_EQ(response.outputs(1).datatype(), "BYTES");
  EXPECT_THAT(response.outputs(1).shape(), ElementsAre(2));
  ASSERT_EQ(response.raw_output_contents_size(), 2);
  EXPECT_THAT(Unpack(response.raw_output_contents(0)), ElementsAre(0.9f, 0.1f, 0.2f, 0.8f));
  EXPECT_EQ(response.raw_output_contents(1), "\3\0\0\0cat\3\0\0\0dog"s);
}

TEST_F(ResponseWriterTest, AddsTypedLabels) {
  const auto response = Encode(labelled_, {.rows = 2, .typed = true, .values = 1, .labels = 1},
                               {0.9f, 0.1f, 0.2f, 0.8f});
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_THAT(response.outputs(1).contents().bytes_contents(), ElementsAre("cat", "dog"));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(ResponseWriterTest, SendsLabelsAlone) {
  for (const bool typed : {false, true}) {
    const auto response =
        Encode(labelled_, {.rows = 2, .typed = typed, .labels = 1}, {0.2f, 0.8f, 0.9f, 0.1f});
    ASSERT_EQ(response.outputs_size(), 1);
    EXPECT_EQ(response.outputs(0).name(), "label");
    if (typed) {
      EXPECT_THAT(response.outputs(0).contents().bytes_contents(), ElementsAre("dog", "cat"));
    } else {
      EXPECT_THAT(response.raw_output_contents(), ElementsAre("\3\0\0\0dog\3\0\0\0cat"s));
    }
  }
}

TEST_F(ResponseWriterTest, WritesTheLengthOfALongLabelInFourBytes) {
  const std::string label(0x10203, 'x');
  Served served(testing::MlpBuilder(3).Add(2, "softmax").Labels({label, ""}).Build());
  const auto response = Encode(served, {.rows = 2, .labels = 1}, {1, 0, 0, 1});
  EXPECT_EQ(response.raw_output_contents(0), "\3\2\1\0"s + label + "\0\0\0\0"s);
}

std::string PackedIntegers(const std::vector<int64_t>& integers) {
  return {reinterpret_cast<const char*>(integers.data()), integers.size() * sizeof(int64_t)};
}

TEST_F(ResponseWriterTest, AddsALabelForEachColumn) {
  Served served(Multilabel());
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> floats{0.75f, 0.5f, std::nextafter(0.5f, 0.0f), 1, kNan, 0};
  const auto raw = Encode(served, {.rows = 3, .values = 1, .labels = 1}, floats);
  ASSERT_EQ(raw.outputs_size(), 2);
  EXPECT_EQ(raw.outputs(1).name(), "label");
  EXPECT_EQ(raw.outputs(1).datatype(), "INT64");
  EXPECT_THAT(raw.outputs(1).shape(), ElementsAre(3, 2));
  EXPECT_FALSE(raw.outputs(1).has_contents());
  ASSERT_EQ(raw.raw_output_contents_size(), 2);
  EXPECT_EQ(raw.raw_output_contents(1), PackedIntegers({1, 1, 0, 1, 0, 0}));
  const auto typed = Encode(served, {.rows = 3, .typed = true, .values = 1, .labels = 1}, floats);
  EXPECT_EQ(typed.outputs(1).datatype(), "INT64");
  EXPECT_THAT(typed.outputs(1).contents().int64_contents(), ElementsAre(1, 1, 0, 1, 0, 0));
  EXPECT_EQ(typed.outputs(1).contents().bytes_contents_size(), 0);
  EXPECT_EQ(typed.raw_output_contents_size(), 0);
}

TEST_F(ResponseWriterTest, SendsALabelForEachColumnAlone) {
  Served served(Multilabel());
  const auto response = Encode(served, {.rows = 2, .labels = 1}, {0, 1, 1, 0});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_THAT(response.raw_output_contents(), ElementsAre(PackedIntegers({0, 1, 1, 0})));
}

TEST_F(ResponseWriterTest, ServesOneResponseAfterTheOther) {
  const InferView labels{.rows = 2, .labels = 1};
  Encode(labelled_, labels, {0.2f, 0.8f, 0.9f, 0.1f});
  const auto shorter = Encode(labelled_, {.rows = 1, .labels = 1}, {0.9f, 0.1f});
  EXPECT_THAT(shorter.raw_output_contents(), ElementsAre("\3\0\0\0cat"s));
  const auto values = Encode(plain_, {.rows = 1, .values = 1}, {5, 6});
  ASSERT_EQ(values.raw_output_contents_size(), 1);
  EXPECT_THAT(Unpack(values.raw_output_contents(0)), ElementsAre(5, 6));
}

// "value" of one column and "policy" of two, both with labels.
model::Mlp TwoHeads() {
  return testing::MlpBuilder(3)
      .Add(1, "tanh")
      .Output("value", {"lost", "won"})
      .From(model::ValueId::kInput)
      .Add(2, "softmax")
      .Output("policy", {"left", "right"})
      .Build();
}

class WriteTwoHeads : public ::testing::Test {
 protected:
  ModelInferResponse Encode(const InferView& view) {
    constexpr float kValues[] = {0.25f, 0.75f};
    constexpr float kPolicies[] = {0.9f, 0.1f, 0.2f, 0.8f};
    Buffer buffer;
    const auto rooms = writer_.Begin({}, *served_, view, AnswerKind::kUnary, buffer);
    EXPECT_EQ(rooms.size(), 2u);
    if (rooms[0] != nullptr) std::memcpy(rooms[0], kValues, sizeof kValues);
    if (rooms[1] != nullptr) std::memcpy(rooms[1], kPolicies, sizeof kPolicies);
    EXPECT_THAT(writer_.End(), IsOk());
    return Parsed<ModelInferResponse>(buffer);
  }
  static std::vector<std::string> Names(const ModelInferResponse& response) {
    std::vector<std::string> names;
    for (const auto& output : response.outputs()) names.push_back(output.name());
    return names;
  }

  Served served_{TwoHeads()};
  ResponseWriter writer_;
};

TEST_F(WriteTwoHeads, AnswersWithTheFloatsInTheModelsOrderAndThenTheLabels) {
  for (const bool typed : {false, true}) {
    const auto response = Encode({.rows = 2, .typed = typed, .values = 3, .labels = 3});
    ASSERT_THAT(Names(response), ElementsAre("value", "policy", "value_label", "policy_label"));
    EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 1));
    EXPECT_THAT(response.outputs(1).shape(), ElementsAre(2, 2));
    if (typed) {
      EXPECT_THAT(response.outputs(0).contents().fp32_contents(), ElementsAre(0.25f, 0.75f));
      EXPECT_THAT(response.outputs(1).contents().fp32_contents(),
                  ElementsAre(0.9f, 0.1f, 0.2f, 0.8f));
      EXPECT_THAT(response.outputs(2).contents().bytes_contents(), ElementsAre("lost", "won"));
      EXPECT_THAT(response.outputs(3).contents().bytes_contents(), ElementsAre("left", "right"));
    } else {
      EXPECT_THAT(response.raw_output_contents(),
                  ElementsAre("\0\0\x80\x3e\0\0\x40\x3f"s, SizeIs(16), "\4\0\0\0lost\3\0\0\0won"s,
                              "\4\0\0\0left\5\0\0\0right"s));
    }
  }
}

TEST_F(WriteTwoHeads, HasRoomForWhatIsWantedOnly) {
  EXPECT_THAT(Names(Encode({.rows = 2, .values = 2})), ElementsAre("policy"));
  EXPECT_THAT(Names(Encode({.rows = 2, .values = 1, .labels = 2})),
              ElementsAre("value", "policy_label"));
  const auto labels = Encode({.rows = 2, .labels = 3});
  EXPECT_THAT(labels.raw_output_contents(),
              ElementsAre("\4\0\0\0lost\3\0\0\0won"s, "\4\0\0\0left\5\0\0\0right"s));
}

TEST_F(ResponseWriterTest, GivesRoomWhereTheFloatsAreSentFrom) {
  for (const bool typed : {false, true}) {
    Buffer buffer;
    const InferView view{.rows = 2, .typed = typed, .values = 1};
    char* const room = writer_.Begin({}, *plain_, view, AnswerKind::kUnary, buffer)[0];
    EXPECT_THAT(room, AllOf(Ge(buffer.data()), Le(buffer.data() + buffer.size() - 16)));
    const char* const data = buffer.data();
    ASSERT_THAT(writer_.End(), IsOk());
    EXPECT_EQ(buffer.data(), data);
  }
}

// Texts of every length that needs another byte to say it, and numbers of rows.
TEST_F(ResponseWriterTest, WritesLengthsOfAnySize) {
  for (const size_t size : {0, 1, 126, 127, 128, 129, 16383, 16384, 70000}) {
    RequestView request;
    const std::string id(size, 'x');
    request.id = id;
    for (const bool typed : {false, true}) {
      const InferView view{.rows = size + 1, .typed = typed, .values = 1, .labels = 1};
      const std::vector<float> floats(2 * view.rows, 0.5f);
      for (Served* const served : {&labelled_, &multilabel_}) {
        const auto unary =
            Write<ModelInferResponse>(*served, request, view, AnswerKind::kUnary, floats);
        EXPECT_EQ(unary.id().size(), size);
        const auto stream =
            Write<ModelStreamInferResponse>(*served, request, view, AnswerKind::kStream, floats);
        EXPECT_EQ(stream.infer_response().SerializeAsString(), unary.SerializeAsString());
      }
    }
  }
}

TEST_F(ResponseWriterTest, TellsAStreamThatAnAnswerIsTheLastOne) {
  RequestView request;
  request.wants_final = true;
  const InferView view{.rows = 1, .values = 1};
  const auto stream =
      Write<ModelStreamInferResponse>(plain_, request, view, AnswerKind::kStream, {1, 2});
  ASSERT_THAT(stream.infer_response().parameters(), SizeIs(1));
  EXPECT_TRUE(stream.infer_response().parameters().at("triton_final_response").bool_param());
  EXPECT_EQ(stream.error_message(), "");
  const auto unary = Write<ModelInferResponse>(plain_, request, view, AnswerKind::kUnary, {1, 2});
  EXPECT_THAT(unary.parameters(), SizeIs(0));
}

TEST_F(ResponseWriterTest, LeavesHeadroomForTheTransport) {
  const InferView view{.rows = 20'000, .values = 1, .labels = 1};
  Buffer buffer;
  const auto rooms = writer_.Begin({}, *labelled_, view, AnswerKind::kStream, buffer);
  std::memset(rooms[0], 0, view.rows * 2 * sizeof(float));
  ASSERT_THAT(writer_.End(), IsOk());
  std::memcpy(buffer.Prepend(5), "12345", 5);
  EXPECT_EQ(buffer.view().substr(0, 6), "12345\x12");
}

TEST_F(ResponseWriterTest, RefusesLabelsThatNoMessageHasRoomFor) {
  const std::string label(100'000, 'x');
  Served served(testing::MlpBuilder(3).Add(2, "softmax").Labels({label, ""}).Build());
  const InferView view{.rows = 22'000, .labels = 1};
  Buffer buffer;
  const auto rooms = writer_.Begin({}, *served, view, AnswerKind::kUnary, buffer);
  std::memset(rooms[0], 0, view.rows * 2 * sizeof(float));
  EXPECT_THAT(writer_.End(),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("model 'pets': the answer with its labels has 2200")));
}

TEST_F(ResponseWriterTest, RefusesLabelsThatTheAccountHasNoRoomFor) {
  transport::MemoryBudget budget(transport::MemoryAccount::kStep);
  transport::MemoryAccount account(budget);
  const std::string label(100'000, 'x');
  Served served(testing::MlpBuilder(3).Add(2, "softmax").Labels({label, ""}).Build());
  const InferView view{.rows = 20, .labels = 1};
  Buffer buffer(account);
  const auto rooms = writer_.Begin({}, *served, view, AnswerKind::kUnary, buffer);
  std::memset(rooms[0], 0, view.rows * 2 * sizeof(float));
  EXPECT_THAT(writer_.End(), StatusIs(absl::StatusCode::kResourceExhausted,
                                      HasSubstr("model 'pets': no memory is left")));
}

TEST_F(ResponseWriterTest, KeepsNoLargeBuffers) {
  const AllocationMeter meter;
  for (int i = 0; i < 2; ++i) {
    const size_t before = meter.bytes();
    Encode(labelled_, {.rows = 100'000, .labels = 1}, {1, 2});
    EXPECT_GT(meter.bytes() - before, 100'000 * 2 * sizeof(float)) << "kept them";
  }
}

struct StreamError {
  std::string id;
  bool wants_final;
};

class WriteStreamErrorTest : public ::testing::TestWithParam<StreamError> {};

TEST_P(WriteStreamErrorTest, SaysWhatWasWrongWithWhich) {
  RequestView request;
  request.id = GetParam().id;
  request.wants_final = GetParam().wants_final;
  Buffer buffer;
  WriteStreamError(request, absl::NotFoundError("no such model"), buffer);
  const auto answer = Parsed<ModelStreamInferResponse>(buffer);
  EXPECT_EQ(answer.error_message(), "NOT_FOUND: no such model");
  ASSERT_TRUE(answer.has_infer_response());
  ModelInferResponse want;
  want.set_id(GetParam().id);
  if (GetParam().wants_final) {
    (*want.mutable_parameters())["triton_final_response"].set_bool_param(true);
  }
  EXPECT_EQ(answer.infer_response().SerializeAsString(), want.SerializeAsString());
}

INSTANTIATE_TEST_SUITE_P(Each, WriteStreamErrorTest,
                         ::testing::Values(StreamError{"", false}, StreamError{"7", false},
                                           StreamError{"", true},
                                           StreamError{std::string(300, 'x'), true}));

}  // namespace
}  // namespace hillock::rpc
