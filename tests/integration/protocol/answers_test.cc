// SPDX-License-Identifier: Apache-2.0

// Every trained model answers through gRPC as it did where it was trained.

#include <gmock/gmock.h>

#include "tests/integration/support/examples.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

class AnswersTest : public ::testing::TestWithParam<std::string> {
 protected:
  ServerProcess& server_ = ServerProcess::Shared();
  const Example& example_ = FindExample(GetParam());
};

TEST_P(AnswersTest, AreTheTrainers) { ExpectTrainersAnswers(server_, example_); }

TEST_P(AnswersTest, AreTheSameBitsForTypedContents) {
  const auto ask = [&](Form form) { return Infer(server_, MakeRequest(example_, form)); };
  const auto raw = ask(Form::kRaw);
  const auto typed = ask(Form::kTyped);
  ASSERT_THAT(raw, IsOk());
  ASSERT_THAT(typed, IsOk());
  EXPECT_EQ(FirstDifference(typed->values, raw->values), std::nullopt);
  EXPECT_EQ(typed->labels, raw->labels);
}

INSTANTIATE_TEST_SUITE_P(Models, AnswersTest, ::testing::ValuesIn(ExampleNames()),
                         [](const auto& test) { return TestName(test.param); });

// Which outputs come is the request's to say.
class OutputsTest : public ::testing::Test {
 protected:
  Answer Ask(const std::vector<std::string>& outputs, Form form) {
    const Example& iris = FindExample("iris");
    auto request = MakeRequest(iris.model, iris.width, iris.Rows(0, 2), form);
    for (const std::string& name : outputs) request.add_outputs()->set_name(name);
    const auto answer = Infer(ServerProcess::Shared(), request);
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? *answer : Answer();
  }
};

TEST_F(OutputsTest, AreOnlyThoseAskedFor) {
  for (const Form form : {Form::kRaw, Form::kTyped}) {
    const Answer values = Ask({"probabilities"}, form);
    EXPECT_EQ(values.values.size(), 6u);
    EXPECT_TRUE(values.labels.empty());
    const Answer labels = Ask({"label"}, form);
    EXPECT_TRUE(labels.values.empty());
    EXPECT_THAT(labels.labels, ::testing::ElementsAre("virginica", "setosa"));
    const Answer both = Ask({"probabilities", "label"}, form);
    EXPECT_EQ(FirstDifference(both.values, values.values), std::nullopt);
    EXPECT_EQ(both.labels, labels.labels);
  }
}

}  // namespace
}  // namespace hillock::testing
