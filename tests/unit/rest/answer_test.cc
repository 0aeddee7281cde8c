// SPDX-License-Identifier: Apache-2.0
#include "server/rest/answer.h"

#include <gmock/gmock.h>

namespace hillock::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AnswerTest, HasACodeForEachStatus) {
  for (int code = 0; code <= 16; ++code) {
    const int http = HttpCodeOf(static_cast<absl::StatusCode>(code));
    EXPECT_EQ(http == 200, code == 0);
    EXPECT_NE(ReasonOf(http), "");
  }
  EXPECT_EQ(HttpCodeOf(absl::StatusCode::kResourceExhausted), 429);
  EXPECT_EQ(HttpCodeOf(absl::StatusCode::kInternal), 500);
}

TEST(AnswerTest, OfAnErrorIsAsTritonHasIt) {
  const Answer answer = ErrorAnswer(absl::NotFoundError("no \"x\" \xff"));
  EXPECT_EQ(answer.code, 404);
  EXPECT_EQ(answer.body, R"({"error":"no \"x\" \\xFF"})");
  EXPECT_EQ(answer.headers, "");
  EXPECT_THAT(ErrorAnswer(absl::UnauthenticatedError("")).headers, HasSubstr("WWW-Authenticate"));
}

TEST(AnswerTest, HasAHead) {
  const Answer answer{.headers = "A: b\r\n", .body = "{}"};
  EXPECT_EQ(HeadOf(answer, 2, false, false),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nA: b\r\n"
            "\r\n");
  EXPECT_THAT(HeadOf(answer, 2, false, true), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(HeadOf(answer, 2, true, false), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(HeadOf(answer, 2, true, true), Not(HasSubstr("keep-alive")));
  EXPECT_THAT(HeadOf({.code = 404}, 0, false, false), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

}  // namespace
}  // namespace hillock::rest
