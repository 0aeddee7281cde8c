// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/scratch_floats.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "server/transport/memory.h"
#include "tests/support/allocations.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using transport::Buffer;
using transport::MemoryAccount;
using transport::MemoryBudget;

constexpr size_t kMany = 100'000;  // floats

TEST(ScratchFloatsTest, KeepsWhatIsSmall) {
  ScratchFloats floats;
  floats.TryMake(1000);
  const AllocationMeter meter;
  for (int i = 0; i < 10; ++i) {
    floats.ChargeAs(Buffer());
    EXPECT_NE(floats.TryMake(1000), nullptr);
    EXPECT_NE(floats.Make(900), nullptr);
    floats.Release();
  }
  EXPECT_EQ(meter.count(), 0u);
}

TEST(ScratchFloatsTest, FreesWhatIsLarge) {
  ScratchFloats floats;
  floats.TryMake(kMany)[kMany - 1] = 1;
  EXPECT_GE(floats.allocated(), kMany * sizeof(float));
  floats.Release();
  EXPECT_EQ(floats.allocated(), 0u);
}

TEST(ScratchFloatsTest, ChargesTheMessagesAccount) {
  MemoryBudget budget(MemoryAccount::kStep);
  MemoryAccount account(budget);
  const Buffer message(account);
  ScratchFloats floats;
  floats.ChargeAs(message);
  EXPECT_EQ(floats.TryMake(MemoryAccount::kStep), nullptr) << "four times what there is";
  EXPECT_NE(floats.TryMake(10), nullptr) << "few are not charged";
  EXPECT_NE(floats.Make(MemoryAccount::kStep), nullptr);
  EXPECT_GT(floats.allocated(), MemoryAccount::kStep);
  floats.Release();
}

}  // namespace
}  // namespace hillock::rpc
