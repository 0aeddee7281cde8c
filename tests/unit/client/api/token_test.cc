// SPDX-License-Identifier: Apache-2.0
#include "client/api/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;

class ReadAuthorizationTest : public ::testing::Test {
 protected:
  ~ReadAuthorizationTest() override { unsetenv(kTokenVariable); }

  absl::StatusOr<std::string> Read(const std::string& content) const {
    folder_.Write("token", content);
    return ReadAuthorization(folder_.Path("token"));
  }

  const TemporaryFolder folder_;
};

TEST_F(ReadAuthorizationTest, TakesTheWordInTheFile) {
  EXPECT_THAT(Read("0123456789abcdef"), IsOkAndHolds("Bearer 0123456789abcdef"));
  EXPECT_THAT(Read(" 0123+/=\r\n\n"), IsOkAndHolds("Bearer 0123+/="));
}

TEST_F(ReadAuthorizationTest, RefusesWhatIsNoToken) {
  for (const char* content :
       {"", " \n", "s3cret s3cret", "web s3cret\n", "s3cr\xc3\xa9t", "s3\x01"}) {
    EXPECT_THAT(Read(content),
                StatusIs(Code::kInvalidArgument,
                         AllOf(HasSubstr("/token: want one token"), Not(HasSubstr("s3")))))
        << content;
  }
  EXPECT_THAT(Read(std::string(20'000, 'x')), StatusIs(Code::kResourceExhausted, ::testing::_));
  EXPECT_THAT(ReadAuthorization(folder_.Path("none")),
              StatusIs(Code::kNotFound, HasSubstr("/none")));
}

TEST_F(ReadAuthorizationTest, TakesTheVariableWhereThereIsNoFile) {
  EXPECT_THAT(ReadAuthorization(""), IsOkAndHolds(""));
  setenv(kTokenVariable, "", 1);
  EXPECT_THAT(ReadAuthorization(""), IsOkAndHolds("")) << "as a shell leaves an unset one";
  setenv(kTokenVariable, "of-the-environment", 1);
  EXPECT_THAT(ReadAuthorization(""), IsOkAndHolds("Bearer of-the-environment"));
  EXPECT_THAT(Read("of-the-file"), IsOkAndHolds("Bearer of-the-file"));
  setenv(kTokenVariable, "s3cret of two words", 1);
  EXPECT_THAT(ReadAuthorization(""),
              StatusIs(Code::kInvalidArgument,
                       AllOf(HasSubstr("HILLOCK_TOKEN: want one token"), Not(HasSubstr("s3")))));
}

}  // namespace
}  // namespace hillock::client
