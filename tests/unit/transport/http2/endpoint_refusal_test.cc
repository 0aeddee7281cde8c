// SPDX-License-Identifier: Apache-2.0

// Calls that are refused by their headers, broken by their data, or compressed.

#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>

#include "server/transport/grpc/compression.h"
#include "server/transport/grpc/grpc_protocol.h"
#include "tests/unit/transport/http2/endpoint_fixture.h"

namespace hillock::transport {
namespace {

using testing::Framed;
using testing::H2Answer;
using ::testing::HasSubstr;
using testing::Headers;

std::string Zipped(std::string_view text) {
  Buffer out;
  Gzip(text, out);
  return std::string(out.view());
}

// A call that is refused by its headers.
struct BadHeaders {
  const char* name;
  std::string path;
  Headers headers;
  Headers want;
};

class RefusedByHeadersTest : public EndpointTest,
                             public ::testing::WithParamInterface<BadHeaders> {};

TEST_P(RefusedByHeadersTest, SaysWhy) {
  const auto peer = Connect();
  const int32_t stream = peer->Start(GetParam().path, GetParam().headers);
  peer->Send(stream, Framed("more"), false);
  Settle();
  const H2Answer& answer = peer->answer(stream);
  for (const auto& [name, value] : GetParam().want) {
    EXPECT_THAT(answer.Value(name), HasSubstr(value)) << name;
  }
  EXPECT_EQ(answer.reset, NGHTTP2_NO_ERROR) << "the rest of the request is not wanted";
  EXPECT_TRUE(handlers_.empty());
  const int32_t good = peer->Start("/test/Echo");
  peer->Send(good, Framed("still here"), true);
  Settle();
  EXPECT_EQ(peer->answer(good).data, Framed("still here"));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedByHeadersTest,
    ::testing::Values(
        BadHeaders{"UnknownMethod",
                   "/no.such/Method",
                   {},
                   {{"grpc-status", "12"}, {"grpc-message", "unknown method /no.such/Method"}}},
        BadHeaders{"Get", "/test/Echo", {{":method", "GET"}}, {{":status", "405"}}},
        BadHeaders{
            "Json", "/test/Echo", {{"content-type", "application/json"}}, {{":status", "415"}}},
        BadHeaders{"NoTimeout",
                   "/test/Echo",
                   {{"grpc-timeout", "1x"}},
                   {{"grpc-status", "13"}, {"grpc-message", "grpc-timeout"}}},
        BadHeaders{"Encoding",
                   "/test/Echo",
                   {{"grpc-encoding", "snappy"}},
                   {{"grpc-status", "12"}, {"grpc-accept-encoding", "identity,gzip,deflate"}}},
        BadHeaders{"LargeHeaders",
                   "/test/Echo",
                   {{"x", std::string(20'000, 'x')}},
                   {{"grpc-status", "8"}, {"grpc-message", "bytes of headers"}}}),
    [](const auto& tested) { return tested.param.name; });

// A call that breaks by its data.
struct BadData {
  const char* name;
  std::string data;
  bool end;
  Headers headers;
  std::string code;  // as the handler is told
  std::string message;
};

class BrokenByDataTest : public EndpointTest, public ::testing::WithParamInterface<BadData> {};

TEST_P(BrokenByDataTest, TellsHandlerAndClient) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take", GetParam().headers);
  peer->Send(stream, GetParam().data, GetParam().end);
  Settle();
  EXPECT_THAT(last().Events(), HasSubstr("broken " + GetParam().code));
  EXPECT_THAT(last().Events(), HasSubstr("closed"));
  EXPECT_THAT(PercentDecode(peer->answer(stream).Value("grpc-message")),
              HasSubstr(GetParam().message));
  const int32_t good = peer->Start("/test/Echo");
  peer->Send(good, Framed("still here"), true);
  Settle();
  EXPECT_EQ(peer->answer(good).data, Framed("still here"));
}

const Headers kGzip = {{"grpc-encoding", "gzip"}};

INSTANTIATE_TEST_SUITE_P(
    All, BrokenByDataTest,
    ::testing::Values(
        BadData{"Flag", Framed("x", 7), true, {}, "INTERNAL", "flag is 7"},
        BadData{"CompressedWithoutEncoding",
                Framed("x", 1),
                true,
                {},
                "INTERNAL",
                "without a grpc-encoding"},
        BadData{"EndInPrefix", std::string(3, '\0'), true, {}, "INTERNAL", "in a message"},
        BadData{"EndInMessage", Framed("hello").substr(0, 7), true, {}, "INTERNAL", "in a message"},
        BadData{"TooLarge",
                std::string("\0\x00\x20\x00\x00", 5),
                false,
                {},
                "RESOURCE_EXHAUSTED",
                "2097152 bytes, want at most 1048576"},
        BadData{"DeclaredGigabyte",
                std::string("\0\x40\x00\x00\x00", 5),
                false,
                {},
                "RESOURCE_EXHAUSTED",
                "want at most 1048576"},
        BadData{"NoGzip", Framed("no gzip at all", 1), true, kGzip, "INTERNAL",
                "cannot be decompressed"},
        BadData{"CutGzip", Framed(Zipped("hello world").substr(0, 20), 1), true, kGzip, "INTERNAL",
                "cannot be decompressed"},
        BadData{"Bomb", Framed(Zipped(std::string(2 << 20, '\0')), 1), true, kGzip,
                "RESOURCE_EXHAUSTED", "more than 1048576 bytes"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(EndpointTest, DecompressesInSlices) {
  const auto peer = Connect();
  const std::string large(900'000, 'a');
  const int32_t stream = peer->Start("/test/Take", kGzip);
  peer->Send(stream, Framed(Zipped("small"), 1) + Framed(Zipped(large), 1) + Framed("plain"), true);
  peer->Pump();
  loop_.Poll(0);
  loop_.Poll(0);
  EXPECT_EQ(last().Events(), "message small") << "the large one is not decompressed at once";
  Settle();
  EXPECT_EQ(last().Events(), "message small, message " + large + ", message plain, half-close");
}

TEST_F(EndpointTest, CompressesForWhoAcceptsIt) {
  const auto peer = Connect();
  const std::string text(10'000, 'z');
  for (const bool accepts : {true, false}) {
    Headers headers = {{"compress", "yes"}};
    if (accepts) headers.emplace_back("grpc-accept-encoding", "identity,gzip");
    const int32_t stream = peer->Start("/test/Echo", headers);
    peer->Send(stream, Framed(text), true);
    Settle();
    const H2Answer& answer = peer->answer(stream);
    EXPECT_EQ(answer.Value("grpc-encoding"), accepts ? "gzip" : "");
    EXPECT_EQ(answer.data.at(0), accepts ? 1 : 0);
    EXPECT_EQ(answer.data.size() < 1000, accepts) << answer.data.size();
  }
}

}  // namespace
}  // namespace hillock::transport
