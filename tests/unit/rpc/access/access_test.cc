// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/wire/fake_call.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeCall;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using transport::Entrance;
using Code = absl::StatusCode;

constexpr char kWeb[] = "web-token-0123456789";
constexpr char kOperator[] = "operator-token-0123456789";

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() { Publish(); }

  void Publish() {
    holder_.Publish({{"web", DigestOf(kWeb), false}, {"operator", DigestOf(kOperator), true}});
  }

  // What a call with this metadata ends with: OK when it is admitted. `peer` is of its connection.
  absl::Status Ask(Access& access, Right right, const std::string& authorization,
                   transport::Peer& peer) {
    FakeCall call(loop_);
    if (!authorization.empty()) call.SetMetadata("authorization", authorization);
    call.peer() = peer;
    const bool admitted = access.Admits(call, right);
    peer = call.peer();
    call.Open(nullptr);
    if (admitted) return absl::OkStatus();
    EXPECT_TRUE(call.finished()) << "a call that is not admitted is finished";
    return call.finished().value_or(absl::InternalError("nothing"));
  }
  absl::Status Ask(Right right, const std::string& authorization = "",
                   Entrance entrance = Entrance::kPublic) {
    Access access(rules_, 1);
    transport::Peer peer{.entrance = entrance};
    return Ask(access, right, authorization, peer);
  }

  uint64_t Calls(const std::string& name) {
    uint64_t calls = 0;
    for (const auto& shard : registry_.AddToken(name).shards) calls += shard.calls.Get();
    return calls;
  }

  transport::EventLoop loop_;
  metrics::Registry registry_{2, {}};
  TokenHolder holder_{registry_};
  AccessRules rules_;
};

TEST_F(AccessTest, AdmitsEverybodyWhereThereAreNoRules) {
  for (const Right right : {Right::kNone, Right::kUse, Right::kControl}) {
    EXPECT_EQ(Ask(right), absl::OkStatus());
    EXPECT_EQ(Ask(right, "Bearer nonsense"), absl::OkStatus());
  }
}

TEST_F(AccessTest, LeavesControlToItsListener) {
  rules_.has_control_listener = true;
  EXPECT_EQ(Ask(Right::kUse), absl::OkStatus());
  EXPECT_THAT(Ask(Right::kControl),
              StatusIs(Code::kPermissionDenied, HasSubstr("--control-listen")));
  for (const Right right : {Right::kNone, Right::kUse, Right::kControl}) {
    EXPECT_EQ(Ask(right, "", Entrance::kControl), absl::OkStatus());
  }
}

TEST_F(AccessTest, WantsAKnownToken) {
  rules_.tokens = &holder_;
  EXPECT_EQ(Ask(Right::kNone), absl::OkStatus());
  EXPECT_EQ(Ask(Right::kUse, std::string("Bearer ") + kWeb), absl::OkStatus());
  EXPECT_EQ(Ask(Right::kUse, std::string("bearer  ") + kWeb), absl::OkStatus());
  EXPECT_EQ(Calls("web"), 2u);
  EXPECT_THAT(Ask(Right::kUse), StatusIs(Code::kUnauthenticated, HasSubstr("got no token")));
  const std::string wrong = std::string(kWeb) + "0";
  for (const std::string& authorization :
       {"Bearer " + wrong, std::string("Bearer"), std::string("Bearer  "), std::string(kWeb),
        std::string("Basic ") + kWeb, std::string("Bearer ") + kWeb + " "}) {
    EXPECT_THAT(Ask(Right::kUse, authorization),
                StatusIs(Code::kUnauthenticated,
                         AllOf(HasSubstr("got no known token"), Not(HasSubstr(kWeb)))))
        << authorization;
  }
  EXPECT_EQ(Calls("web"), 2u);
  EXPECT_EQ(Calls(""), 7u);
}

TEST_F(AccessTest, WantsATokenWithTheRightToControl) {
  rules_.tokens = &holder_;
  EXPECT_THAT(Ask(Right::kControl, std::string("Bearer ") + kWeb),
              StatusIs(Code::kPermissionDenied, AllOf(HasSubstr("'web'"), Not(HasSubstr(kWeb)))));
  EXPECT_EQ(Ask(Right::kControl, std::string("Bearer ") + kOperator), absl::OkStatus());
  rules_.has_control_listener = true;
  EXPECT_THAT(Ask(Right::kControl, std::string("Bearer ") + kOperator),
              StatusIs(Code::kPermissionDenied, HasSubstr("--control-listen")));
  EXPECT_THAT(Ask(Right::kControl), StatusIs(Code::kUnauthenticated, HasSubstr("got no token")))
      << "where control is served is told to holders of a token alone";
  EXPECT_EQ(Calls("operator"), 2u) << "refused ones are counted too";
}

// What a connection remembers is neither taken for another token's, nor for one that is gone.
TEST_F(AccessTest, RemembersWhatItsClientSentLast) {
  rules_.tokens = &holder_;
  Access access(rules_, 0);
  Access other(rules_, 1);  // of the reactor that the connection moves to
  transport::Peer peer;
  const std::string web = std::string("Bearer ") + kWeb;
  const std::string chief = std::string("Bearer ") + kOperator;
  EXPECT_EQ(Ask(access, Right::kUse, web, peer), absl::OkStatus());
  EXPECT_EQ(Ask(access, Right::kUse, web, peer), absl::OkStatus());
  EXPECT_EQ(Ask(access, Right::kControl, chief, peer), absl::OkStatus());
  EXPECT_THAT(Ask(access, Right::kControl, web, peer),
              StatusIs(Code::kPermissionDenied, ::testing::_));
  EXPECT_THAT(Ask(access, Right::kUse, web + "x", peer),
              StatusIs(Code::kUnauthenticated, ::testing::_));
  EXPECT_THAT(Ask(access, Right::kUse, "", peer), StatusIs(Code::kUnauthenticated, ::testing::_));
  EXPECT_EQ(Ask(other, Right::kUse, web, peer), absl::OkStatus());
  holder_.Publish({{"operator", DigestOf(kOperator), true}});
  EXPECT_THAT(Ask(access, Right::kUse, web, peer), StatusIs(Code::kUnauthenticated, ::testing::_));
  EXPECT_EQ(Ask(access, Right::kControl, chief, peer), absl::OkStatus());
  Publish();
  EXPECT_EQ(Ask(other, Right::kControl, chief, peer), absl::OkStatus()) << "it has another number";
  EXPECT_THAT(Ask(other, Right::kControl, web, peer),
              StatusIs(Code::kPermissionDenied, ::testing::_));
}

}  // namespace
}  // namespace hillock::rpc
