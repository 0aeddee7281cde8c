// SPDX-License-Identifier: Apache-2.0
#include "server/housekeeping.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/certificate.h"

namespace hillock {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

constexpr size_t kMebi = size_t{1} << 20;

TEST(MemoryKeeperTest, LeavesRequestsWhatTheRestDoesNotUse) {
  transport::MemoryBudget budget(0);
  MemoryKeeper keeper(budget, 1600 * kMebi);
  keeper.SetBudget(500 * kMebi);
  EXPECT_EQ(budget.limit(), 1000 * kMebi);
  budget.Take(300 * kMebi);
  keeper.SetBudget(800 * kMebi);
  EXPECT_EQ(budget.limit(), 1000 * kMebi) << "what requests hold is not counted twice";
  keeper.SetBudget(5000 * kMebi);
  EXPECT_EQ(budget.limit(), MemoryKeeper::kMinBudget);
}

TEST(MemoryKeeperTest, TrimsWhenLoadHasFallen) {
  transport::MemoryBudget budget(1000 * kMebi);
  MemoryKeeper keeper(budget, 2000 * kMebi);
  keeper.Trimmed(30 * kMebi);
  EXPECT_FALSE(keeper.ShouldTrim(31 * kMebi));
  EXPECT_FALSE(keeper.ShouldTrim(31 * kMebi));
  budget.Take(500 * kMebi);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(keeper.ShouldTrim(600 * kMebi)) << "while it is used";
  budget.Give(490 * kMebi);
  EXPECT_FALSE(keeper.ShouldTrim(600 * kMebi)) << "it may come back at once";
  EXPECT_TRUE(keeper.ShouldTrim(600 * kMebi));
  keeper.Trimmed(40 * kMebi);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(keeper.ShouldTrim(41 * kMebi)) << "once is enough";
}

TEST(MemoryKeeperTest, TrimsWhatRequestsDoNotAccountFor) {
  transport::MemoryBudget budget(1000 * kMebi);
  MemoryKeeper keeper(budget, 2000 * kMebi);
  keeper.Trimmed(30 * kMebi);
  keeper.ShouldTrim(90 * kMebi);
  EXPECT_TRUE(keeper.ShouldTrim(90 * kMebi)) << "such as thousands of connections";
}

// It has been trimmed while thousands of connections were open, and then they went.
TEST(MemoryKeeperTest, TrimsAgainAsLongAsMoreIsResidentThanWas) {
  transport::MemoryBudget budget(1000 * kMebi);
  MemoryKeeper keeper(budget, 2000 * kMebi);
  keeper.Trimmed(30 * kMebi);
  keeper.Trimmed(90 * kMebi);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(keeper.ShouldTrim(90 * kMebi)) << i;
  EXPECT_TRUE(keeper.ShouldTrim(90 * kMebi));
  keeper.Trimmed(31 * kMebi);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(keeper.ShouldTrim(31 * kMebi)) << i;
}

TEST(MemoryKeeperTest, TrimsBesideASteadyLittleLoad) {
  transport::MemoryBudget budget(1000 * kMebi);
  MemoryKeeper keeper(budget, 2000 * kMebi);
  budget.Take(2 * kMebi);
  keeper.Trimmed(30 * kMebi);
  keeper.ShouldTrim(90 * kMebi);
  EXPECT_TRUE(keeper.ShouldTrim(90 * kMebi));
}

TEST(TlsKeeperTest, TakesNewFilesAndKeepsTheOldOnesWhenTheyAreBad) {
  const testing::TemporaryFolder folder;
  const testing::Identity one = testing::MakeIdentity("localhost");
  const testing::Identity two = testing::MakeIdentity("localhost");
  const std::string certificate = folder.Path("tls.crt");
  const std::string key = folder.Path("tls.key");
  const auto install = [&](const testing::Identity& files) {
    folder.Write("tls.crt", files.certificate);
    folder.Write("tls.key", files.key);
  };
  install(one);
  const auto keeper = TlsKeeper::Open({certificate, key, ""});
  ASSERT_THAT(keeper, IsOk());
  const auto first = (*keeper)->Current();
  EXPECT_THAT((*keeper)->Refresh(), IsOk());
  EXPECT_EQ((*keeper)->Current(), first) << "nothing has changed";
  install({two.certificate, one.key});
  EXPECT_THAT((*keeper)->Refresh(), Not(IsOk()));
  EXPECT_EQ((*keeper)->Current(), first);
  EXPECT_THAT((*keeper)->Refresh(), IsOk()) << "told once";
  install(two);
  EXPECT_THAT((*keeper)->Refresh(), IsOk());
  EXPECT_NE((*keeper)->Current(), first);
}

TEST(TlsKeeperTest, SaysWhatIsWrongAtStart) {
  EXPECT_THAT(
      TlsKeeper::Open({"/nonexistent/tls.crt", "/nonexistent/tls.key", ""}),
      testing::StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("/nonexistent/tls.crt")));
}

}  // namespace
}  // namespace hillock
