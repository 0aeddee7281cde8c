// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/grpc_protocol.h"

#include <gtest/gtest.h>

namespace hillock::transport {
namespace {

TEST(GrpcProtocolTest, WritesAndReadsPrefixes) {
  for (const uint32_t length : {0u, 1u, 255u, 256u, 0x01020304u, 0xffffffffu}) {
    char prefix[kPrefixBytes];
    WritePrefix(length % 2 == 1, length, prefix);
    EXPECT_EQ(prefix[0], length % 2 == 1 ? 1 : 0);
    EXPECT_EQ(ReadLength(prefix), length);
  }
}

TEST(GrpcProtocolTest, KnowsItsContentTypes) {
  for (const char* good : {"application/grpc", "application/grpc+proto", "application/grpc;x=y"}) {
    EXPECT_TRUE(IsGrpcContentType(good)) << good;
  }
  for (const char* bad : {"", "application/json", "application/grp", "application/grpc-web"}) {
    EXPECT_FALSE(IsGrpcContentType(bad)) << bad;
  }
}

TEST(GrpcProtocolTest, ParsesTimeouts) {
  const std::pair<const char*, Nanos> good[] = {{"1n", 1},
                                                {"99999999n", 99'999'999},
                                                {"5u", 5'000},
                                                {"100m", 100'000'000},
                                                {"2S", 2'000'000'000},
                                                {"1M", 60'000'000'000},
                                                {"1H", 3'600'000'000'000},
                                                {"99999999H", kNoDeadline / 2}};
  for (const auto& [text, want] : good) EXPECT_EQ(ParseTimeout(text), want) << text;
  for (const char* bad : {"", "m", "5", "5x", "-5m", "+5m", "5 m", "5.0S", "123456789m", "0x1m"}) {
    EXPECT_FALSE(ParseTimeout(bad)) << bad;
  }
}

TEST(GrpcProtocolTest, EncodesMessagesByPercent) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"plain text ~!", "plain text ~!"},
                                                       {"50%", "50%25"},
                                                       {"a\nb\t", "a%0Ab%09"},
                                                       {"\xc3\xa9", "%C3%A9"}};
  for (const auto& [text, encoded] : cases) {
    EXPECT_EQ(PercentEncode(text), encoded);
    EXPECT_EQ(PercentDecode(encoded), text);
  }
  for (const char* text : {"%", "%4", "%zz", "100%"}) EXPECT_EQ(PercentDecode(text), text);
  EXPECT_EQ(PercentDecode("%c3%a9"), "\xc3\xa9");
}

TEST(GrpcProtocolTest, TakesBase64WithAndWithoutPadding) {
  EXPECT_EQ(EncodeBase64("\1\2"), "AQI=");
  EXPECT_EQ(DecodeBase64("AQI="), "\1\2");
  EXPECT_EQ(DecodeBase64("AQI"), "\1\2");
  EXPECT_EQ(DecodeBase64("?"), "");
}

}  // namespace
}  // namespace hillock::transport
