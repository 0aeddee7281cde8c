// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/foreign.h"

#include <gmock/gmock.h>

#include <string>

namespace hillock::transport {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(AnswerToForeignTest, IsForRequestsOfHttp1) {
  for (const char* bytes : {"GET / HTTP/1.1\r\n", "POST /v2/models/a/infer", "OPTIONS /"}) {
    EXPECT_THAT(std::string(AnswerToForeign(bytes)),
                AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("this port serves gRPC")))
        << bytes;
  }
  for (const char* bytes :
       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI", "", " /", "get /", "\x16\x03"}) {
    EXPECT_EQ(AnswerToForeign(bytes), "") << bytes;
  }
}

}  // namespace
}  // namespace hillock::transport
