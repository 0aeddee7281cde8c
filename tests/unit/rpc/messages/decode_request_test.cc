// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/decoder.h"
#include "tests/unit/rpc/messages/two_rows.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::inference::ModelInferRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class DecodeRequestTest : public ::testing::Test {
 protected:
  static std::vector<float> Floats(const InferView& view) {
    std::vector<float> floats(view.rows * 3);
    std::memcpy(floats.data(), view.input, floats.size() * sizeof(float));
    return floats;
  }

  // The view of a raw request that asks for these outputs.
  absl::StatusOr<InferView> DecodeFor(Served& served, const std::vector<std::string>& outputs) {
    ModelInferRequest request = RawRequest();
    for (const auto& name : outputs) request.add_outputs()->set_name(name);
    return decoder_.Decode(request, *served);
  }

  Served plain_{Plain()};
  Served labelled_{Labelled()};
  Decoder decoder_;
};

TEST_F(DecodeRequestTest, SeesRawContents) {
  const auto view = decoder_.Decode(RawRequest(), *plain_);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->rows, 2u);
  EXPECT_FALSE(view->typed);
  EXPECT_EQ(view->input, decoder_.request().raw_contents[0].data()) << "it copied";
  EXPECT_THAT(Floats(*view), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(DecodeRequestTest, SeesTypedContents) {
  const auto view = decoder_.Decode(TypedRequest(), *plain_);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->rows, 2u);
  EXPECT_TRUE(view->typed);
  EXPECT_EQ(view->input, decoder_.request().inputs[0].run.data()) << "it copied";
  EXPECT_THAT(Floats(*view), ElementsAre(1, 2, 3, 4, 5, 6));
}

// A request is what all its bytes are, and `contents` that come twice are one.
TEST_F(DecodeRequestTest, GathersTypedContentsThatLieInSeveralPlaces) {
  ModelInferRequest more;
  more.add_inputs()->mutable_contents()->add_fp32_contents(6);
  const std::string last = more.inputs(0).SerializeAsString();
  ModelInferRequest request = TypedRequest({1, 2, 3, 4, 5});
  const std::string first = request.inputs(0).SerializeAsString();
  const std::string input = first + last;
  request.clear_inputs();
  const std::string bytes =
      request.SerializeAsString() + "\x2a" + static_cast<char>(input.size()) + input;
  const auto view = decoder_.Decode(bytes, *plain_);
  ASSERT_THAT(view, IsOk());
  EXPECT_TRUE(view->typed);
  EXPECT_THAT(Floats(*view), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(DecodeRequestTest, TakesContentsAtAnyAlignment) {
  for (size_t shift = 0; shift < sizeof(float); ++shift) {
    for (ModelInferRequest request : {RawRequest(), TypedRequest()}) {
      request.set_id(std::string(shift, 'x'));
      const auto view = decoder_.Decode(request, *plain_);
      ASSERT_THAT(view, IsOk()) << shift;
      EXPECT_THAT(Floats(*view), ElementsAre(1, 2, 3, 4, 5, 6)) << shift;
    }
  }
}

TEST_F(DecodeRequestTest, ChecksTheShapeWithoutTheContents) {
  RequestView request;
  ModelInferRequest message = TwoRows();
  const std::string sound = message.SerializeAsString();
  ASSERT_THAT(request.Read(sound), IsOk());
  const auto view = DecodeShape(request, *labelled_, {});
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->rows, 2u);
  EXPECT_EQ(view->values, 1);
  EXPECT_EQ(view->labels, 1);
  EXPECT_EQ(view->answer_bytes, 2 * 2 * sizeof(float));
  SetShape(message, {2, 4});
  const std::string bad = message.SerializeAsString();
  ASSERT_THAT(request.Read(bad), IsOk());
  EXPECT_THAT(DecodeShape(request, *labelled_, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got shape [2, 4]")));
}

TEST_F(DecodeRequestTest, RefusesMoreOutputsThanTheModelHas) {
  EXPECT_THAT(
      DecodeFor(plain_, {"output", "output"}),
      StatusIs(absl::StatusCode::kInvalidArgument, "model 'pets': got 2 outputs, want at most 1"));
  EXPECT_THAT(DecodeFor(labelled_, {"output", "label"}), IsOk());
  EXPECT_THAT(
      DecodeFor(labelled_, {"output", "label", "label"}),
      StatusIs(absl::StatusCode::kInvalidArgument, "model 'pets': got 3 outputs, want at most 2"));
}

TEST_F(DecodeRequestTest, QuotesOnlyTheBeginningOfALongName) {
  const std::string name(100'000, 'x');
  const std::string quoted = "'" + std::string(128, 'x') + "'";
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(quoted));
  EXPECT_THAT(DecodeFor(plain_, {name}), refused);
  ModelInferRequest input = RawRequest();
  input.mutable_inputs(0)->set_name(name);
  EXPECT_THAT(decoder_.Decode(input, *plain_), refused);
  ModelInferRequest datatype = RawRequest();
  datatype.mutable_inputs(0)->set_datatype(name);
  EXPECT_THAT(decoder_.Decode(datatype, *plain_), refused);
}

TEST_F(DecodeRequestTest, TakesExtremeFiniteNumbers) {
  constexpr float kMax = std::numeric_limits<float>::max();
  EXPECT_THAT(decoder_.Decode(RawRequest({kMax, -kMax, -0.0f, 1e-45f, 0, 1}), *plain_), IsOk());
}

TEST_F(DecodeRequestTest, TakesAsManyRowsAsTheLimit) {
  Served two(Plain(), {.max_rows = 2});
  Served one(Plain(), {.max_rows = 1});
  EXPECT_THAT(decoder_.Decode(RawRequest(), *two), IsOk());
  EXPECT_THAT(decoder_.Decode(RawRequest(), *one),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("input 'input': got 2 rows, want at most 1")));
}

TEST_F(DecodeRequestTest, WantsEveryOutputWhenNoneIsNamed) {
  const auto plain = DecodeFor(plain_, {});
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->values, 1);
  EXPECT_EQ(plain->labels, 0);
  const auto labelled = DecodeFor(labelled_, {});
  ASSERT_THAT(labelled, IsOk());
  EXPECT_EQ(labelled->values, 1);
  EXPECT_EQ(labelled->labels, 1);
}

TEST_F(DecodeRequestTest, WantsOnlyTheOutputsNamed) {
  const auto values = DecodeFor(labelled_, {"output"});
  ASSERT_THAT(values, IsOk());
  EXPECT_EQ(values->values, 1);
  EXPECT_EQ(values->labels, 0);
  const auto labels = DecodeFor(labelled_, {"label"});
  ASSERT_THAT(labels, IsOk());
  EXPECT_EQ(labels->values, 0);
  EXPECT_EQ(labels->labels, 1);
  const auto both = DecodeFor(labelled_, {"label", "output"});
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->values, 1);
  EXPECT_EQ(both->labels, 1);
}

// Three outputs with names in no order; those of 2 and 1 columns have labels.
model::Mlp ThreeHeads() {
  return testing::MlpBuilder(3)
      .Add(2, "softmax")
      .Output("policy", {"left", "right"})
      .From(model::ValueId::kInput)
      .Add(5, "relu")
      .Output("embedding")
      .Add(1, "tanh")
      .Output("value", {"lost", "won"})
      .Build();
}

TEST_F(DecodeRequestTest, TellsTheOutputsOfSeveralHeadsApart) {
  Served heads(ThreeHeads());
  const auto all = DecodeFor(heads, {});
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->values, 0b111);
  EXPECT_EQ(all->labels, 0b101);
  EXPECT_EQ(all->answer_bytes, 2u * (2 + 5 + 1) * sizeof(float));
  const auto some = DecodeFor(heads, {"value_label", "embedding", "value_label"});
  ASSERT_THAT(some, IsOk());
  EXPECT_EQ(some->values, 0b010);
  EXPECT_EQ(some->labels, 0b100);
  EXPECT_EQ(some->answer_bytes, 2u * (5 + 1) * sizeof(float));
  EXPECT_THAT(DecodeFor(heads, {"label"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "model 'pets': got output 'label', want 'policy', 'embedding', 'value', "
                       "'policy_label' or 'value_label'"));
}

TEST_F(DecodeRequestTest, LimitsTheFloatsOfAllOutputsTogether) {
  Served heads(ThreeHeads());
  const size_t bytes = 2 * (2 + 5 + 1) * sizeof(float);
  EXPECT_THAT(decoder_.Decode(RawRequest(), *heads, {.max_answer_bytes = bytes}), IsOk());
  EXPECT_THAT(decoder_.Decode(RawRequest(), *heads, {.max_answer_bytes = bytes - 1}),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "input 'input': the answer to 2 rows has 64 bytes, want at most 63"));
  ModelInferRequest one = RawRequest();
  one.add_outputs()->set_name("policy");
  EXPECT_THAT(decoder_.Decode(one, *heads, {.max_answer_bytes = 16}), IsOk());
}

TEST_F(DecodeRequestTest, CountsAnIntegerForEachColumnOfAMultilabelOutput) {
  Served multilabel(Multilabel());
  const size_t floats = 2 * 2 * sizeof(float);
  const size_t integers = 2 * 2 * sizeof(int64_t);
  const auto all = DecodeFor(multilabel, {});
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->values, 1);
  EXPECT_EQ(all->labels, 1);
  EXPECT_EQ(all->answer_bytes, floats + integers);
  EXPECT_EQ(DecodeFor(multilabel, {"output"})->answer_bytes, floats);
  EXPECT_EQ(DecodeFor(multilabel, {"label"})->answer_bytes, floats + integers);
  EXPECT_THAT(decoder_.Decode(RawRequest(), *multilabel, {.max_answer_bytes = 48}), IsOk());
  EXPECT_THAT(decoder_.Decode(RawRequest(), *multilabel, {.max_answer_bytes = 47}),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "input 'input': the answer to 2 rows has 48 bytes, want at most 47"));
}

TEST_F(DecodeRequestTest, NamesTheFirstOfManyOutputs) {
  testing::MlpBuilder builder(3);
  for (int i = 0; i < 64; ++i) {
    builder.From(model::ValueId::kInput).Add(1, "tanh").Output("head" + std::to_string(i));
  }
  Served many(builder.Build());
  EXPECT_THAT(DecodeFor(many, {"head64"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("got output 'head64', want 'head0', ")));
  EXPECT_THAT(DecodeFor(many, {"head64"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'head7' or another")));
}

TEST_F(DecodeRequestTest, ToleratesParametersThatChangeNothing) {
  ModelInferRequest request = RawRequest();
  (*request.mutable_inputs(0)->mutable_parameters())["binary_data_size"].set_int64_param(24);
  (*request.mutable_parameters())["priority"].set_int64_param(1);
  EXPECT_THAT(decoder_.Decode(request, *plain_), IsOk());
}

TEST_F(DecodeRequestTest, NamesTheOutputsThereAre) {
  EXPECT_THAT(DecodeFor(plain_, {"label"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "model 'pets': got output 'label', want 'output'"));
  EXPECT_THAT(DecodeFor(labelled_, {"output", "logits"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "model 'pets': got output 'logits', want 'output' or 'label'"));
}

TEST_F(DecodeRequestTest, NamesTheFirstNumberThatIsNotFinite) {
  const auto expect_refused = [&](const std::vector<float>& floats, const std::string& message) {
    const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message));
    EXPECT_THAT(decoder_.Decode(RawRequest(floats), *plain_), refused);
    EXPECT_THAT(decoder_.Decode(TypedRequest(floats), *plain_), refused);
  };
  expect_refused({1, 2, 3, 4, kNan, kInf}, "input 'input': row 1, column 1 is nan");
  expect_refused({kInf, 2, 3, 4, 5, 6}, "row 0, column 0 is inf, want a finite number");
  expect_refused({1, 2, 3, 4, 5, -kInf}, "row 1, column 2 is -inf");
}

}  // namespace
}  // namespace hillock::rpc
