// SPDX-License-Identifier: Apache-2.0

// Models that are made smaller while loading: the log says so, and they answer as before.

#include <gmock/gmock.h>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/model_config.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCollapsed[] =
    "model 'digits-identity' version 1: collapsed 'layer0' 64->32 and 'layer1' 32->10 into "
    "'layer1' 64->10: 640 multiply-adds a row, 1728 saved";
constexpr char kFolded[] =
    "model 'digits-identity' version 1: folded the normalization into 'layer1' 64->10";

class RewritingTest : public ::testing::Test {
 protected:
  static void ExpectRewritten(ServerProcess& server) {
    EXPECT_THAT(server.process().output(), AllOf(HasSubstr(kCollapsed), HasSubstr(kFolded)));
    const auto parameters = ParametersOf(server, "digits-identity");
    EXPECT_EQ(parameters.at("rewrite"), "true");
    EXPECT_THAT(parameters.at("rewrite.0"), HasSubstr("collapsed"));
    EXPECT_THAT(parameters.at("layer.0"), HasSubstr("layer1: softmax 64->10"));
    EXPECT_EQ(parameters.count("layer.1"), 0u);
    ExpectTrainersAnswers(server, FindExample("digits-identity"));
  }

  static void ExpectAsItWas(ServerProcess& server) {
    EXPECT_THAT(server.process().output(), Not(HasSubstr("collapsed")));
    EXPECT_THAT(server.process().output(), Not(HasSubstr("folded")));
    const auto parameters = ParametersOf(server, "digits-identity");
    EXPECT_EQ(parameters.at("rewrite"), "false");
    EXPECT_EQ(parameters.count("rewrite.0"), 0u);
    EXPECT_THAT(parameters.at("layer.1"), HasSubstr("layer1: softmax 32->10"));
    ExpectTrainersAnswers(server, FindExample("digits-identity"));
  }

  void Say(const std::string& options) {
    models_.folder().Write("digits-identity/options.txtpb", options);
  }

  const SomeModels models_{"digits-identity"};
};

TEST_F(RewritingTest, IsTheDefault) {
  for (const std::string backend : {"auto", "onednn", "fallback"}) {
    SCOPED_TRACE(backend);
    ServerProcess server(models_.path(), {"--backend", backend});
    ExpectRewritten(server);
  }
}

TEST_F(RewritingTest, IsSwitchedOffForTheServer) {
  ServerProcess server(models_.path(), {"--no-rewrite"});
  ExpectAsItWas(server);
}

TEST_F(RewritingTest, IsSwitchedOffForAModel) {
  Say("rewrite: false");
  ServerProcess server(models_.path());
  ExpectAsItWas(server);
}

TEST_F(RewritingTest, IsSwitchedOnForAModelOverTheServersDefault) {
  Say("rewrite: true");
  ServerProcess server(models_.path(), {"--no-rewrite"});
  ExpectRewritten(server);
}

TEST_F(RewritingTest, IsNotDoneWhereInfinitiesMayComeIn) {
  Say("allow_non_finite: true rewrite: true");
  ServerProcess server(models_.path());
  ExpectAsItWas(server);
}

}  // namespace
}  // namespace hillock::testing
