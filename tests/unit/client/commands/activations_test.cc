// SPDX-License-Identifier: Apache-2.0

// `hillock activations`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

class ActivationsTest : public CommandTest {};

TEST_F(ActivationsTest, ShowsOneOrAll) {
  const Outcome all = Run({"activations"});
  ASSERT_THAT(all.status, IsOk());
  EXPECT_THAT(all.out, HasSubstr("\nncu "));
  const Outcome one = Run({"activations", "ncu"});
  ASSERT_THAT(one.status, IsOk());
  EXPECT_THAT(one.out, HasSubstr("x - x^3\n"));
  EXPECT_EQ(nlohmann::json::parse(Run({"activations", "ncu", "--json"}).out)
                .at("activations")[0]
                .at("name"),
            "ncu");
}

TEST_F(ActivationsTest, KnowsTheNamesThatWouldBeRight) {
  EXPECT_THAT(Run({"activations", "sine"}).status,
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("got activation 'sine', want one of identity, step,")));
  EXPECT_TRUE(Run({"activations", "--json", "--markdown"}).usage_error);
  EXPECT_TRUE(Run({"activations", "ncu", "--markdown"}).usage_error);
}

}  // namespace
}  // namespace hillock::client
