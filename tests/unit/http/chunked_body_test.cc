// SPDX-License-Identifier: Apache-2.0
#include "server/http/chunked_body.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "server/transport/memory.h"
#include "tests/support/status_matchers.h"

namespace hillock::http {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

constexpr size_t kLimit = 20;
constexpr std::string_view kBody = "4\r\nabcd\r\n0A;x=y\r\nefghijklmn\r\n0\r\nTrailer: z\r\n\r\n";

absl::StatusOr<bool> ReadAll(std::string_view bytes) {
  ChunkedBody body(kLimit, {});
  return body.Read(bytes);
}

TEST(ChunkedBodyTest, IsReadWhereverReadsCutIt) {
  for (size_t cut = 0; cut <= kBody.size(); ++cut) {
    ChunkedBody body(kLimit, {});
    std::string_view first = kBody.substr(0, cut);
    const std::string second_and_next = std::string(kBody.substr(cut)) + "next";
    std::string_view second = second_and_next;
    EXPECT_THAT(body.Read(first), IsOkAndHolds(cut == kBody.size()));
    EXPECT_EQ(first, "");
    EXPECT_THAT(body.Read(second), IsOkAndHolds(true));
    EXPECT_EQ(second, "next") << cut;
    EXPECT_EQ(body.Take().view(), "abcdefghijklmn");
  }
}

TEST(ChunkedBodyTest, RefusesWhatIsNone) {
  for (const std::string bytes :
       {"x\r\n", "\r\n", "-1\r\n", "1\n", "1\r\nab\r\n", "1\r\na0\r\n", "fffffffffffffffff\r\n"}) {
    EXPECT_THAT(ReadAll(bytes), StatusIs(Code::kInvalidArgument, HasSubstr("size of a chunk")))
        << bytes;
  }
  EXPECT_THAT(ReadAll(std::string(1000, '1')), StatusIs(Code::kInvalidArgument, _));
  std::string trailers = "0\r\n";
  for (int i = 0; i < 40; ++i) trailers += "a: b\r\n";
  EXPECT_THAT(ReadAll(trailers), StatusIs(Code::kInvalidArgument, _));
}

TEST(ChunkedBodyTest, IsBounded) {
  EXPECT_THAT(ReadAll("15\r\n"), StatusIs(Code::kResourceExhausted, HasSubstr("at most 20")));
  EXPECT_THAT(ReadAll("f\r\n012345678901234\r\n6\r\n"), StatusIs(Code::kResourceExhausted, _));
  transport::MemoryBudget budget(100);
  transport::MemoryAccount account(budget);
  ChunkedBody body(1000, transport::Buffer(account));
  const std::string bytes = "1f4\r\n" + std::string(500, 'x');
  std::string_view rest = bytes;
  EXPECT_THAT(body.Read(rest), StatusIs(Code::kResourceExhausted, HasSubstr("memory")));
}

}  // namespace
}  // namespace hillock::http
