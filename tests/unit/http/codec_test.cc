// SPDX-License-Identifier: Apache-2.0
#include "server/http/codec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <stdexcept>

namespace hillock::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Gunzip(std::string_view compressed) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class CodecTest : public ::testing::Test {
 protected:
  // An answer to this request line and headers.
  Answer Ask(std::string_view head) { return codec_.Handle(fmt::format("{}\r\n\r\n", head)); }

  static Response Respond(const Request& request) {
    if (request.path == "/throw") throw std::runtime_error("secret");
    if (request.path == "/large") return {.content_type = "text/csv", .body = Large()};
    return {.status = request.path == "/" ? 200 : 404,
            .body = fmt::format("{} {}", request.path, request.accept)};
  }
  static std::string Large() { return std::string(100'000, 'x'); }

  Codec codec_{Respond};
};

TEST_F(CodecTest, GivesTheHandlerWhatItNeeds) {
  const Answer answer = Ask("GET /a%20b?q=1 HTTP/1.1\r\nHost: x\r\naccept: text/plain");
  EXPECT_THAT(answer.bytes,
              AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"),
                    HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"),
                    HasSubstr("Content-Length: 15\r\n"), EndsWith("\r\n\r\n/a b text/plain")));
  EXPECT_FALSE(answer.last);
}

TEST_F(CodecTest, AnswersHeadWithoutTheBody) {
  const Answer answer = Ask("HEAD / HTTP/1.1");
  EXPECT_THAT(answer.bytes, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                  HasSubstr("Content-Length: 2\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_FALSE(answer.last);
}

TEST_F(CodecTest, ClosesWhenTheClientWantsIt) {
  EXPECT_FALSE(Ask("GET / HTTP/1.1").last);
  for (const char* head : {"GET / HTTP/1.1\r\nConnection: close", "GET / HTTP/1.0"}) {
    const Answer answer = Ask(head);
    EXPECT_TRUE(answer.last) << head;
    EXPECT_THAT(answer.bytes, HasSubstr("\r\nConnection: close\r\n")) << head;
  }
}

TEST_F(CodecTest, CompressesLargeBodiesForWhoAsks) {
  const std::string answer = Ask("GET /large HTTP/1.1\r\nAccept-Encoding: gzip").bytes;
  EXPECT_THAT(answer, AllOf(HasSubstr("Content-Encoding: gzip\r\n"), HasSubstr("text/csv\r\n"),
                            HasSubstr("Vary: Accept-Encoding\r\n")));
  EXPECT_EQ(Gunzip(std::string_view(answer).substr(answer.find("\r\n\r\n") + 4)), Large());
  for (const char* encodings : {"identity", "br, deflate", "gzip;q=0"}) {
    const auto plain = Ask(fmt::format("GET /large HTTP/1.1\r\nAccept-Encoding: {}", encodings));
    EXPECT_THAT(plain.bytes, AllOf(Not(HasSubstr("Content-Encoding")), EndsWith(Large())));
  }
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nAccept-Encoding: gzip").bytes, Not(HasSubstr("gzip")));
}

TEST_F(CodecTest, IgnoresRanges) {
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nRange: bytes=0-0").bytes, EndsWith("\r\n\r\n/ "));
}

TEST_F(CodecTest, TellsNothingOfExceptions) {
  EXPECT_THAT(Ask("GET /throw HTTP/1.1").bytes,
              AllOf(StartsWith("HTTP/1.1 500"), Not(HasSubstr("secret"))));
}

TEST_F(CodecTest, RefusesOtherMethodsAndBodies) {
  EXPECT_THAT(Ask("DELETE / HTTP/1.1").bytes,
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n"),
                    EndsWith("got DELETE, want GET, HEAD\n")));
  for (const char* method : {"POST", "PUT", "GET"}) {
    for (const char* header : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
      EXPECT_TRUE(Ask(fmt::format("{} / HTTP/1.1\r\n{}", method, header)).last) << method << header;
    }
  }
}

TEST_F(CodecTest, SaysWhatItWantsOfGarbage) {
  for (const std::string head :
       {"hello", "GET /", "GET / HTTP/3.0", "get / HTTP/1.1", "GET  / HTTP/1.1 x",
        "GET / HTTP/1.1\r\nRange: bytes=x", "\x01\x02\xff"}) {
    const Answer answer = Ask(head);
    EXPECT_THAT(answer.bytes, StartsWith("HTTP/1.1 4")) << head;
    EXPECT_TRUE(answer.last) << head;
  }
  EXPECT_THAT(Ask("hello").bytes, EndsWith("want a request of HTTP/1.1\n"));
}

TEST_F(CodecTest, RefusesWithoutParsing) {
  const Answer answer = Codec::Refuse("400 Bad Request", "no\n");
  EXPECT_THAT(answer.bytes, AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"),
                                  HasSubstr("Content-Length: 3\r\n"), EndsWith("\r\n\r\nno\n")));
  EXPECT_TRUE(answer.last);
}

}  // namespace
}  // namespace hillock::http
