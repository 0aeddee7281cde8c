// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "server/rest/endpoint.h"
#include "tests/unit/rest/endpoint_fixture.h"

namespace hillock::rest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(EndpointTest, TellsTheMethodOfBodiesThatAreNone) {
  EXPECT_THAT(Ask(Post("x")), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("got no JSON")));
  EXPECT_EQ(method().broken.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Ask(Post(kInfer, "Inference-Header-Content-Length: 999\r\n")),
              HasSubstr("got Inference-Header-Content-Length 999, want at most the"));
}

TEST_F(EndpointTest, RefusesBeforeTheBody) {
  methods_.refusal = absl::UnauthenticatedError("who");
  Client client(endpoint_);
  client.Send("POST /v2/models/pets/infer HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
  Run();
  EXPECT_THAT(client.Receive(), AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate"),
                                      HasSubstr("Connection: close")));
  EXPECT_THAT(client.Receive(), IsEmpty());
  EXPECT_TRUE(client.closed());
}

TEST_F(EndpointTest, KeepsTheConnectionWhenARefusedBodyIsHere) {
  methods_.refusal = absl::PermissionDeniedError("no");
  Client client(endpoint_);
  client.Send(Post(kInfer) + "POST /v2 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
  Run();
  const std::string refused = client.Receive();
  EXPECT_THAT(refused, AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("HTTP/1.1 405")));
  EXPECT_THAT(refused, Not(HasSubstr("close")));
  methods_.refusal = absl::OkStatus();
  client.Send(Post(kInfer));
  Run();
  EXPECT_TRUE(method().waits);
}

struct Refusal {
  std::string request;
  const char* status;
  const char* what;
};

TEST_F(EndpointTest, SaysWhatIsWrong) {
  const std::string post = "POST /v2/models/pets/infer HTTP/1.1\r\nHost: h\r\n";
  for (const auto& [request, status, what] : std::vector<Refusal>{
           {"GET /v2/none HTTP/1.1\r\n\r\n", "404", "got path '/v2/none'"},
           {"POST /v2 HTTP/1.1\r\n\r\n", "405", "got POST, want GET, HEAD"},
           {"GET /v2 HTTP/2.0\r\n\r\n", "505", "want HTTP/1.1"},
           {"GET /v2 HTTP/1.1\n\n", "400", "without its end"},
           {"GET /v2 HTTP/1.1\r\nA: " + std::string(20'000, 'x'), "431", "16384 bytes"},
           {post + "Content-Length: 100001\r\n\r\n", "413", "100001 bytes, want at most 100000"},
           {post + "Content-Length: x\r\n\r\n", "400", "Content-Length 'x'"},
           {post + "Transfer-Encoding: gzip\r\n\r\n", "501", "want chunked"},
           {post + "Transfer-Encoding: chunked\r\n\r\nx\r\n", "400", "size of a chunk"},
           {post + "Transfer-Encoding: chunked\r\n\r\n30000\r\n", "429", "want at most 100000"},
           {post + "Content-Encoding: br\r\n\r\n", "415", "want gzip or deflate"},
           {post + "Inference-Header-Content-Length: -1\r\n\r\n", "400", "want a number"},
           {post + "Origin: http://evil\r\n\r\n", "403", "page of 'http://evil'"},
           {post + "Origin: null\r\n\r\n", "403", "page of 'null'"}}) {
    EXPECT_THAT(Ask(request), AllOf(StartsWith(std::string("HTTP/1.1 ") + status),
                                    HasSubstr("{\"error\":\""), HasSubstr(what)))
        << request.substr(0, 200);
  }
}

TEST_F(EndpointTest, LetsItsOwnPagesAsk) {
  Client client(endpoint_);
  client.Send(Post(kInfer, "Origin: http://h\r\n"));
  Run();
  EXPECT_TRUE(method().waits);
}

TEST_F(EndpointTest, HasABudget) {
  budget_.SetLimit(0);
  EXPECT_THAT(Ask(Post(kInfer)), AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("memory")));
}

}  // namespace
}  // namespace hillock::rest
