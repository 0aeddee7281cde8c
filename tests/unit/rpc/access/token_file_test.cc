// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;

constexpr char kSecret[] = "s3cret-of-16-chars";

TEST(ParseTokensTest, TakesNamesTokensAndRights) {
  const auto tokens = ParseTokens(
      "# who may call\n"
      "\n"
      "web   0123456789abcdef\r\n"
      "\tci\tabcdefghijklmnop+/~._-== control \n"
      "web fedcba9876543210");
  ASSERT_THAT(tokens, IsOk());
  ASSERT_EQ(tokens->size(), 3u);
  EXPECT_EQ((*tokens)[0].name, "web");
  EXPECT_EQ((*tokens)[0].digest, DigestOf("0123456789abcdef"));
  EXPECT_FALSE((*tokens)[0].control);
  EXPECT_EQ((*tokens)[1].name, "ci");
  EXPECT_EQ((*tokens)[1].digest, DigestOf("abcdefghijklmnop+/~._-=="));
  EXPECT_TRUE((*tokens)[1].control);
  EXPECT_EQ((*tokens)[2].name, "web") << "the next token of one caller";
}

TEST(ParseTokensTest, DigestsAreSha256) {
  EXPECT_EQ(DigestOf("abc")[0], 0xba) << "FIPS 180-2, B.1";
  EXPECT_EQ(DigestOf("abc")[31], 0xad);
}

struct WrongFile {
  std::string text;
  std::string error;
};

class WrongTokensTest : public ::testing::TestWithParam<WrongFile> {};

TEST_P(WrongTokensTest, SaysWhereAndQuotesNothing) {
  const auto tokens = ParseTokens(GetParam().text);
  EXPECT_THAT(tokens, StatusIs(Code::kInvalidArgument,
                               AllOf(HasSubstr(GetParam().error), Not(HasSubstr("s3cret")))));
}

INSTANTIATE_TEST_SUITE_P(
    , WrongTokensTest,
    ::testing::Values(
        WrongFile{"", "has no token"}, WrongFile{"# web s3cret-of-16-chars\n", "has no token"},
        WrongFile{"\nweb", "line 2: got 1 words, want NAME TOKEN or NAME TOKEN control"},
        WrongFile{"s3cret-of-16-chars", "line 1: got 1 words"},
        WrongFile{"web s3cret-of-16-chars control x", "line 1: got 4 words"},
        WrongFile{"web s3cret-of-16-chars admin", "line 1: want no third word but control"},
        WrongFile{"s3cret-of-16-chars web", "line 1: want a token of 16 to 512 "},
        WrongFile{"we:b s3cret-of-16-chars", "line 1: want a name of at most 64 letters"},
        WrongFile{std::string(65, 'n') + " s3cret-of-16-chars", "line 1: want a name"},
        WrongFile{"web s3cret-of-15-by", "line 1: want a token"},
        WrongFile{"web s3cret=of-16-chars", "line 1: want a token"},
        WrongFile{"web ================", "line 1: want a token"},
        WrongFile{"web s3cret-" + std::string(506, 'x'), "line 1: want a token"},
        WrongFile{"web s3cret-of-16-chars\nci s3cret-of-16-chars",
                  "line 2: got the token of an earlier line again"}));

TEST(ParseTokensTest, TakesAThousandTokensAndNoMore) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "many token-" + std::to_string(1'000'000'000 + i) + "\n";
  EXPECT_THAT(ParseTokens(text), IsOk());
  EXPECT_THAT(ParseTokens(text + "one more-0123456789abc"),
              StatusIs(Code::kInvalidArgument, HasSubstr("line 1001: want at most 1000")));
}

TEST(ReadTokenFileTest, NamesTheFile) {
  const testing::TemporaryFolder folder;
  folder.Write("tokens", std::string("web ") + kSecret + "\n");
  folder.Write("wrong", std::string("web ") + kSecret + " all\n");
  folder.Write("empty", "");
  folder.Write("large", std::string((1 << 20) + 1, '#'));
  const auto read = [&](const char* name) { return ReadTokenFile(folder.Path(name)); };
  EXPECT_THAT(read("tokens"), IsOk());
  EXPECT_THAT(read("wrong"), StatusIs(Code::kInvalidArgument, HasSubstr("/wrong': line 1: ")));
  EXPECT_THAT(read("empty"), StatusIs(Code::kInvalidArgument, HasSubstr("/empty': has no token")));
  EXPECT_THAT(read("large"), StatusIs(Code::kInvalidArgument, HasSubstr("at most 1048576 bytes")));
  EXPECT_THAT(read("none"), StatusIs(Code::kNotFound, HasSubstr("/none': cannot read it")));
  EXPECT_THAT(ReadTokenFile(folder.path()), Not(IsOk())) << "a folder";
}

}  // namespace
}  // namespace hillock::rpc
