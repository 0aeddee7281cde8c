// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace hillock::rpc {
namespace {

using ::testing::Optional;

Token MakeToken(const char* name, const char* token) { return {name, DigestOf(token), false}; }

class TokenHolderTest : public ::testing::Test {
 protected:
  metrics::Registry registry_{1, {}};
  TokenHolder holder_{registry_};
};

TEST_F(TokenHolderTest, FindsEachToken) {
  holder_.Publish({MakeToken("a", "one"), MakeToken("b", "two"), MakeToken("a", "three")});
  const auto table = holder_.Snapshot();
  EXPECT_THAT(table->Find("one"), Optional(0u));
  EXPECT_THAT(table->Find("two"), Optional(1u));
  EXPECT_THAT(table->Find("three"), Optional(2u));
  EXPECT_EQ(table->Find("four"), std::nullopt);
  EXPECT_EQ(table->Find(""), std::nullopt);
  EXPECT_EQ(&table->cells(0), &table->cells(2)) << "tokens of one name count together";
  EXPECT_NE(&table->cells(0), &table->cells(1));
}

TEST_F(TokenHolderTest, PublishesTablesWithGenerationsOfTheirOwn) {
  EXPECT_EQ(holder_.generation(), 0u);
  holder_.Publish({MakeToken("a", "one")});
  const auto first = holder_.Snapshot();
  EXPECT_EQ(first->generation(), holder_.generation());
  holder_.Publish({MakeToken("a", "two")});
  const auto second = holder_.Snapshot();
  EXPECT_EQ(second->generation(), holder_.generation());
  EXPECT_GT(second->generation(), first->generation());
  EXPECT_EQ(second->Find("one"), std::nullopt);
  EXPECT_EQ(&first->cells(0), &second->cells(0)) << "the count goes on";
}

}  // namespace
}  // namespace hillock::rpc
