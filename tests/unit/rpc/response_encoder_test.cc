#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "server/rpc/codec.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::inference::ModelInferRequest;
using ::inference::ModelInferResponse;
using ::testing::ElementsAre;
using ::testing::SizeIs;

using namespace std::string_literals;

class ResponseEncoderTest : public ::testing::Test {
 protected:
  // The response to a request with that view, when the engine answers `floats`.
  ModelInferResponse Encode(Served& served, const InferView& view,
                            const std::vector<float>& floats) {
    ModelInferRequest request;
    request.set_id("request 7");
    ModelInferResponse response;
    const auto rooms = encoder_.Begin(request, *served, view, response);
    std::memcpy(rooms[0], floats.data(), floats.size() * sizeof(float));
    encoder_.End();
    return response;
  }

  static std::vector<float> Unpack(const std::string& raw) {
    std::vector<float> floats(raw.size() / sizeof(float));
    std::memcpy(floats.data(), raw.data(), raw.size());
    return floats;
  }

  Served plain_{Plain()};
  Served labelled_{Labelled()};
  ResponseEncoder encoder_;
};

TEST_F(ResponseEncoderTest, SaysWhoAnswersWhat) {
  const auto response = Encode(plain_, {.rows = 1, .values = 1}, {1, 2});
  EXPECT_EQ(response.model_name(), "pets");
  EXPECT_EQ(response.model_version(), "3");
  EXPECT_EQ(response.id(), "request 7");
}

TEST_F(ResponseEncoderTest, AnswersRawRequestsRaw) {
  const auto response = Encode(plain_, {.rows = 2, .values = 1}, {1, 2, 3, 4});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "output");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 2));
  EXPECT_FALSE(response.outputs(0).has_contents());
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_THAT(Unpack(response.raw_output_contents(0)), ElementsAre(1, 2, 3, 4));
}

TEST_F(ResponseEncoderTest, AnswersTypedRequestsTyped) {
  const auto response = Encode(plain_, {.rows = 2, .typed = true, .values = 1}, {1, 2, 3, 4});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 2));
  EXPECT_THAT(response.outputs(0).contents().fp32_contents(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(ResponseEncoderTest, AddsLabelsAfterTheValues) {
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

TEST_F(ResponseEncoderTest, AddsTypedLabels) {
  const auto response = Encode(labelled_, {.rows = 2, .typed = true, .values = 1, .labels = 1},
                               {0.9f, 0.1f, 0.2f, 0.8f});
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_THAT(response.outputs(1).contents().bytes_contents(), ElementsAre("cat", "dog"));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(ResponseEncoderTest, SendsLabelsAlone) {
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

TEST_F(ResponseEncoderTest, WritesTheLengthOfALongLabelInFourBytes) {
  const std::string label(0x10203, 'x');
  Served served(testing::MlpBuilder(3).Add(2, "softmax").Labels({label, ""}).Build());
  const auto response = Encode(served, {.rows = 2, .labels = 1}, {1, 0, 0, 1});
  EXPECT_EQ(response.raw_output_contents(0), "\3\2\1\0"s + label + "\0\0\0\0"s);
}

std::string PackedIntegers(const std::vector<int64_t>& integers) {
  return {reinterpret_cast<const char*>(integers.data()), integers.size() * sizeof(int64_t)};
}

TEST_F(ResponseEncoderTest, AddsALabelForEachColumn) {
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

TEST_F(ResponseEncoderTest, SendsALabelForEachColumnAlone) {
  Served served(Multilabel());
  const auto response = Encode(served, {.rows = 2, .labels = 1}, {0, 1, 1, 0});
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_THAT(response.raw_output_contents(), ElementsAre(PackedIntegers({0, 1, 1, 0})));
}

TEST_F(ResponseEncoderTest, ServesOneResponseAfterTheOther) {
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
      .From(model::kInputValue)
      .Add(2, "softmax")
      .Output("policy", {"left", "right"})
      .Build();
}

class EncodeTwoHeads : public ::testing::Test {
 protected:
  ModelInferResponse Encode(const InferView& view) {
    constexpr float kValues[] = {0.25f, 0.75f};
    constexpr float kPolicies[] = {0.9f, 0.1f, 0.2f, 0.8f};
    ModelInferResponse response;
    const auto rooms = encoder_.Begin({}, *served_, view, response);
    EXPECT_EQ(rooms.size(), 2u);
    if (rooms[0] != nullptr) std::memcpy(rooms[0], kValues, sizeof kValues);
    if (rooms[1] != nullptr) std::memcpy(rooms[1], kPolicies, sizeof kPolicies);
    encoder_.End();
    return response;
  }
  static std::vector<std::string> Names(const ModelInferResponse& response) {
    std::vector<std::string> names;
    for (const auto& output : response.outputs()) names.push_back(output.name());
    return names;
  }

  Served served_{TwoHeads()};
  ResponseEncoder encoder_;
};

TEST_F(EncodeTwoHeads, AnswersWithTheFloatsInTheModelsOrderAndThenTheLabels) {
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

TEST_F(EncodeTwoHeads, HasRoomForWhatIsWantedOnly) {
  EXPECT_THAT(Names(Encode({.rows = 2, .values = 2})), ElementsAre("policy"));
  EXPECT_THAT(Names(Encode({.rows = 2, .values = 1, .labels = 2})),
              ElementsAre("value", "policy_label"));
  const auto labels = Encode({.rows = 2, .labels = 3});
  EXPECT_THAT(labels.raw_output_contents(),
              ElementsAre("\4\0\0\0lost\3\0\0\0won"s, "\4\0\0\0left\5\0\0\0right"s));
}

}  // namespace
}  // namespace hillock::rpc
