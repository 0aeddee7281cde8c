// SPDX-License-Identifier: Apache-2.0
#include "server/http/head.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::http {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

TEST(HeadTest, IsRead) {
  const auto head = ParseHead("POST /v2/x?y=1 HTTP/1.1\r\nHost: a\r\nContent-LENGTH:\t12 \r\n\r\n");
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/v2/x?y=1");
  EXPECT_EQ(head->path(), "/v2/x");
  EXPECT_EQ(head->Find("content-length"), "12");
  EXPECT_EQ(head->Find("none"), "");
  EXPECT_TRUE(head->keeps_open());
}

TEST(HeadTest, EndsAtTheEmptyLine) {
  EXPECT_EQ(HeadLength("GET / HTTP/1.1\r\n"), 0u);
  EXPECT_EQ(HeadLength("GET / HTTP/1.1\r\n\r\nrest"), 18u);
  EXPECT_EQ(HeadLength("GET / HTTP/1.1\n\nrest"), 16u);
}

TEST(HeadTest, SaysWhetherMoreRequestsFollow) {
  const auto keeps_open = [](const std::string& version, const std::string& field) {
    return ParseHead("GET / HTTP/" + version + "\r\n" + field + "\r\n")->keeps_open();
  };
  EXPECT_TRUE(keeps_open("1.1", ""));
  EXPECT_FALSE(keeps_open("1.1", "Connection: TE, Close\r\n"));
  EXPECT_FALSE(keeps_open("1.0", ""));
  EXPECT_TRUE(keeps_open("1.0", "connection: Keep-Alive\r\n"));
}

struct BadHead {
  const char* bytes;
  Code code;
  const char* message;
};

class BadHeadTest : public ::testing::TestWithParam<BadHead> {};

TEST_P(BadHeadTest, IsRefused) {
  EXPECT_THAT(ParseHead(GetParam().bytes), StatusIs(GetParam().code, HasSubstr(GetParam().message)))
      << GetParam().bytes;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadHeadTest,
    ::testing::Values(
        BadHead{"\r\n\r\n", Code::kInvalidArgument, "request line"},
        BadHead{"GET /\r\n\r\n", Code::kInvalidArgument, "request line"},
        BadHead{"GET / HTTP/2.0\r\n\r\n", Code::kUnimplemented, "want HTTP/1.1"},
        BadHead{"G(T / HTTP/1.1\r\n\r\n", Code::kInvalidArgument, "method 'G(T'"},
        BadHead{"GET x HTTP/1.1\r\n\r\n", Code::kInvalidArgument, "target 'x'"},
        BadHead{"GET /a b HTTP/1.1\r\n\r\n", Code::kInvalidArgument, "target"},
        BadHead{"GET / HTTP/1.1\n\n", Code::kInvalidArgument, "without its end"},
        BadHead{"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", Code::kInvalidArgument, "value"},
        BadHead{"GET / HTTP/1.1\r\nA : b\r\n\r\n", Code::kInvalidArgument, "header line"},
        BadHead{"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", Code::kInvalidArgument, "header line"},
        BadHead{"GET / HTTP/1.1\r\nA\r\n\r\n", Code::kInvalidArgument, "header line"},
        BadHead{"GET / HTTP/1.1\r\nA: \x01\r\n\r\n", Code::kInvalidArgument, "value"}));

TEST(HeadTest, HasALimitOfFields) {
  std::string bytes = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i) bytes += "a: b\r\n";
  EXPECT_THAT(ParseHead(bytes + "\r\n"),
              StatusIs(Code::kInvalidArgument, HasSubstr("at most 100")));
}

absl::StatusOr<Framing> FramingWith(const std::string& fields) {
  return FramingOf(*ParseHead("POST / HTTP/1.1\r\n" + fields + "\r\n"));
}

TEST(FramingTest, IsFound) {
  EXPECT_EQ(FramingWith("")->length, 0u);
  EXPECT_EQ(FramingWith("Content-Length: 12\r\n")->length, 12u);
  EXPECT_TRUE(FramingWith("Transfer-Encoding: Chunked\r\n")->chunked);
}

// Whoever reads these differently than a proxy does lets requests be smuggled in.
TEST(FramingTest, IsNotGuessed) {
  for (const char* fields :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n",
        "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: \r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_THAT(FramingWith(fields), StatusIs(Code::kInvalidArgument, _)) << fields;
  }
  for (const char* fields : {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_THAT(FramingWith(fields), StatusIs(Code::kUnimplemented, _)) << fields;
  }
}

}  // namespace
}  // namespace hillock::http
