// SPDX-License-Identifier: Apache-2.0

// `hillock models`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelsTest : public CommandTest {};

TEST_F(ModelsTest, ListsStatesTensorsAndReasons) {
  EXPECT_EQ(
      Call({"models"}).out,
      R"(model   version  state        input           outputs                           reason
broken        3  UNAVAILABLE                                                    checksum is off
sign          3  READY        x FP32 [-1, 2]  p FP32 [-1, 2]; label BYTES [-1]
)");
}

TEST_F(ModelsTest, LoadsOrUnloadsOneBeforeItLists) {
  const Outcome loaded = Call({"models", "--load", "sum"});
  EXPECT_THAT(loaded.status, IsOk());
  EXPECT_EQ(loaded.out, Call({"models"}).out);
  EXPECT_THAT(Call({"models", "--unload", "sign", "--json"}).status, IsOk());
  EXPECT_THAT(server_.orders(), ElementsAre("load sum", "unload sign"));
}

TEST_F(ModelsTest, ListsNothingWhenTheServerRefuses) {
  for (const char* flag : {"--load", "--unload"}) {
    const Outcome refused = Call({"models", flag, "nobody"});
    EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
    EXPECT_EQ(refused.out, "");
  }
}

TEST_F(ModelsTest, SpeaksJson) {
  const auto json = nlohmann::json::parse(Call({"models", "--json"}).out);
  EXPECT_EQ(json["models"][0]["reason"], "checksum is off");
  EXPECT_EQ(json["models"][1]["inputs"][0]["shape"], nlohmann::json({-1, 2}));
  EXPECT_EQ(json["models"][1]["outputs"][1]["datatype"], "BYTES");
}

}  // namespace
}  // namespace hillock::client
