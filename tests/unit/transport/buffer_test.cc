// SPDX-License-Identifier: Apache-2.0
#include "server/transport/buffer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace hillock::transport {
namespace {

constexpr size_t kMebi = size_t{1} << 20;

TEST(BufferTest, GrowsAtBothEnds) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.view(), "");
  buffer.Append("world");
  buffer.Prepend(6)[0] = 'h';
  std::string("hello ").copy(buffer.data(), 6);
  buffer.Append(std::string(10'000, '!'));
  EXPECT_EQ(buffer.view(), "hello world" + std::string(10'000, '!'));
  buffer.Truncate(5);
  EXPECT_EQ(buffer.view(), "hello");
  buffer.Clear();
  EXPECT_EQ(buffer.view(), "");
  EXPECT_GT(buffer.allocated(), 0);
  buffer.Free();
  EXPECT_EQ(buffer.allocated(), 0);
}

TEST(BufferTest, DropsWhatIsAtTheFront) {
  Buffer buffer;
  buffer.DropFront(0);
  buffer.Append("good morning");
  buffer.DropFront(5);
  EXPECT_EQ(buffer.view(), "morning");
  buffer.Append("s");
  EXPECT_EQ(buffer.view(), "mornings");
  buffer.DropFront(8);
  EXPECT_TRUE(buffer.empty());
}

TEST(BufferTest, DoesNotMoveWithinWhatIsReserved) {
  Buffer buffer;
  buffer.Reserve(1000);
  const char* const begin = buffer.Extend(10);
  buffer.Extend(990);
  EXPECT_EQ(buffer.data(), begin);
}

TEST(BufferTest, ChargesItsAccount) {
  MemoryBudget budget(10 * kMebi);
  MemoryAccount account(budget);
  {
    Buffer buffer(account);
    EXPECT_TRUE(buffer.TryReserve(3 * kMebi));
    EXPECT_EQ(account.used(), buffer.allocated());
    EXPECT_FALSE(buffer.TryReserve(20 * kMebi)) << "the budget has no room";
    EXPECT_EQ(account.used(), buffer.allocated());
    buffer.Reserve(20 * kMebi);
    EXPECT_GT(budget.taken(), budget.limit()) << "what cannot be refused is charged";
    Buffer other = std::move(buffer);
    EXPECT_EQ(account.used(), other.allocated());
  }
  EXPECT_EQ(account.used(), 0);
  EXPECT_LE(budget.taken(), 2 * kMebi);
}

TEST(MemoryAccountTest, TakesFromTheBudgetInSteps) {
  MemoryBudget budget(4 * kMebi);
  MemoryAccount account(budget);
  EXPECT_TRUE(account.TryCharge(10));
  EXPECT_EQ(budget.taken(), MemoryAccount::kStep);
  EXPECT_TRUE(account.TryCharge(1000));
  EXPECT_EQ(budget.taken(), MemoryAccount::kStep);
  EXPECT_FALSE(account.TryCharge(4 * kMebi));
  EXPECT_EQ(account.used(), 1010);
  account.Charge(8 * kMebi);
  account.Release(8 * kMebi);
  EXPECT_LE(budget.taken(), 2 * MemoryAccount::kStep);
}

TEST(MemoryAccountTest, GivesAllBackInTheEnd) {
  MemoryBudget budget(4 * kMebi);
  {
    MemoryAccount account(budget);
    account.Charge(3 * kMebi);
    account.Release(3 * kMebi);
  }
  EXPECT_EQ(budget.taken(), 0);
}

}  // namespace
}  // namespace hillock::transport
