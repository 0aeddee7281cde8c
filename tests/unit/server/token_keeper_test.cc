// SPDX-License-Identifier: Apache-2.0
#include "server/token_keeper.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr char kOne[] = "the-first-0123456789";
constexpr char kTwo[] = "the-second-0123456789";

class TokenKeeperTest : public ::testing::Test {
 protected:
  void Write(const std::string& line) { folder_.Write("tokens", line); }

  absl::StatusOr<std::unique_ptr<TokenKeeper>> Open() {
    return TokenKeeper::Open(folder_.Path("tokens"), registry_);
  }

  const testing::TemporaryFolder folder_;
  metrics::Registry registry_{1, {}};
};

TEST_F(TokenKeeperTest, TakesANewFileAndKeepsTheOldTokensWhenItIsBad) {
  Write(std::string("web ") + kOne);
  const auto keeper = Open();
  ASSERT_THAT(keeper, IsOk());
  const auto first = (*keeper)->tokens().Snapshot();
  EXPECT_TRUE(first->Find(kOne));
  EXPECT_THAT((*keeper)->Refresh(), IsOk());
  EXPECT_EQ((*keeper)->tokens().Snapshot(), first) << "nothing has changed";
  Write(std::string("web ") + kTwo + " everything");
  EXPECT_THAT((*keeper)->Refresh(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("tokens': line 1: ")));
  EXPECT_EQ((*keeper)->tokens().Snapshot(), first);
  EXPECT_THAT((*keeper)->Refresh(), IsOk()) << "told once";
  std::filesystem::remove(folder_.Path("tokens"));
  EXPECT_THAT((*keeper)->Refresh(), StatusIs(absl::StatusCode::kNotFound, ::testing::_));
  EXPECT_EQ((*keeper)->tokens().Snapshot(), first);
  Write(std::string("web ") + kTwo);
  EXPECT_THAT((*keeper)->Refresh(), IsOk());
  EXPECT_TRUE((*keeper)->tokens().Snapshot()->Find(kTwo));
  EXPECT_FALSE((*keeper)->tokens().Snapshot()->Find(kOne));
}

TEST_F(TokenKeeperTest, SaysWhatIsWrongAtStart) {
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("tokens': cannot read it")));
}

}  // namespace
}  // namespace hillock
