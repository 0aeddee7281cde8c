#include "client/send_burst.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/loopback.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsHeld;
using ::hillock::testing::Loopback;

constexpr size_t kMost = 4;

class SendBurstTest : public ::testing::Test {
 protected:
  // Takes one answer after the other for as long as the burst wants more, and tells how many.
  static size_t TakeAll(SendBurst& burst) {
    size_t taken = 1;
    for (burst.Add(); burst.TakesMore(); burst.Add()) ++taken;
    return taken;
  }

  bool AreHeld() const {
    const bool first = IsHeld(first_.client());
    EXPECT_EQ(first, IsHeld(second_.client()));
    return first;
  }

  const Loopback first_{AF_INET};
  const Loopback second_{AF_INET};
  SendBurst burst_{kMost};
};

TEST_F(SendBurstTest, HoldsEverySocketFromTheSecondAnswerOn) {
  burst_.Use({first_.client(), second_.client()});
  burst_.Add();
  EXPECT_FALSE(AreHeld()) << "a single answer";
  burst_.Add();
  EXPECT_TRUE(AreHeld());
  burst_.Add();
  EXPECT_TRUE(AreHeld());
  burst_.End();
  EXPECT_FALSE(AreHeld());
}

TEST_F(SendBurstTest, TakesSoManyAnswersAndNoMore) {
  burst_.Use({first_.client()});
  EXPECT_FALSE(burst_.TakesMore()) << "before the first, which somebody has to wait for";
  for (int burst = 0; burst < 2; ++burst) {
    EXPECT_EQ(TakeAll(burst_), kMost);
    burst_.End();
    EXPECT_FALSE(IsHeld(first_.client()));
  }
}

TEST_F(SendBurstTest, OfOneAnswerHoldsNothing) {
  SendBurst single(1);
  single.Use({first_.client()});
  EXPECT_EQ(TakeAll(single), 1u);
  EXPECT_FALSE(IsHeld(first_.client()));
}

TEST_F(SendBurstTest, WithoutSocketsTakesOneAnswerAtATime) {
  EXPECT_EQ(TakeAll(burst_), 1u);
  burst_.End();
}

TEST_F(SendBurstTest, LetsGoWhenItGetsOtherSockets) {
  burst_.Use({first_.client()});
  TakeAll(burst_);
  burst_.Use({second_.client()});
  EXPECT_FALSE(AreHeld());
}

TEST_F(SendBurstTest, LetsGoWhenItEnds) {
  {
    SendBurst short_lived(kMost);
    short_lived.Use({first_.client()});
    TakeAll(short_lived);
    EXPECT_TRUE(IsHeld(first_.client()));
  }
  EXPECT_FALSE(IsHeld(first_.client()));
}

}  // namespace
}  // namespace hillock::client
