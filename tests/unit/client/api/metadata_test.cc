// SPDX-License-Identifier: Apache-2.0
#include "client/api/metadata.h"

#include <gmock/gmock.h>

#include <string>

#include "client/api/token.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Code = absl::StatusCode;

TEST(ParseMetadata, TakesEitherSpelling) {
  EXPECT_THAT(ParseMetadata("x-tenant=blue"), IsOkAndHolds(Pair("x-tenant", "blue")));
  EXPECT_THAT(ParseMetadata("X-Tenant: a=b"), IsOkAndHolds(Pair("x-tenant", "a=b")));
  EXPECT_THAT(ParseMetadata("x-empty="), IsOkAndHolds(Pair("x-empty", "")));
}

TEST(ParseMetadata, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> kCases[] = {
      {"x-tenant", "want NAME=VALUE"},      {"=blue", "want letters"},
      {"x tenant=blue", "want letters"},    {"grpc-timeout=1S", "is set by gRPC"},
      {"Content-Type=text", "is set by"},   {"trace-bin=AA", "binary values"},
      {"x=\xc3\xa9", "not printable ASCII"}};
  for (const auto& [text, want] : kCases) {
    EXPECT_THAT(ParseMetadata(text), StatusIs(Code::kInvalidArgument, HasSubstr(want))) << text;
  }
}

TEST(MetadataOf, PrefersAnAuthorizationOfItsOwn) {
  setenv(kTokenVariable, "of-the-environment", 1);
  const Endpoint plain{.target = "", .metadata = {{"x", "1"}}};
  EXPECT_THAT(MetadataOf(plain),
              IsOkAndHolds(
                  ElementsAre(Pair("x", "1"), Pair("authorization", "Bearer of-the-environment"))));
  const Endpoint own{.target = "", .metadata = {{"authorization", "Basic eA=="}}};
  EXPECT_THAT(MetadataOf(own), IsOkAndHolds(ElementsAre(Pair("authorization", "Basic eA=="))));
  unsetenv(kTokenVariable);
}

TEST(MetadataOf, IsBounded) {
  const Endpoint full{.target = "", .metadata = Metadata(kMaxMetadata + 1, {"x", "1"})};
  EXPECT_THAT(MetadataOf(full), StatusIs(Code::kInvalidArgument, HasSubstr("at most 16")));
}

}  // namespace
}  // namespace hillock::client
