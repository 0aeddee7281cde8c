// SPDX-License-Identifier: Apache-2.0

// Calls whose messages are cut, damaged or doubled end with a status, and are counted.

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;

std::string Sound() {
  return Framed(MakeRequest("iris", 4, std::vector<float>(4)).SerializeAsString());
}

std::string Cut(std::string message, size_t bytes) {
  message.resize(message.size() - bytes);
  return message;
}

struct Broken {
  std::string name;
  std::string data;  // of the call, before its end
  Code code = Code::kInternal;
  Headers headers = {};
  std::string method = kModelInfer;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class BrokenMessageTest : public ::testing::TestWithParam<Broken> {
 protected:
  static void SetUpTestSuite() { server_ = new BesiegedServer; }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static double Counted(Code code) {
    return MetricsPage(server_->server())
        .Sum("hillock_requests_total", {{"code", absl::StatusCodeToString(code)}});
  }

  static BesiegedServer* server_;
};

BesiegedServer* BrokenMessageTest::server_ = nullptr;

TEST_P(BrokenMessageTest, EndsWithAStatusAndIsCounted) {
  const Broken& broken = GetParam();
  const double before = Counted(broken.code);
  H2Peer peer(ConnectTcp(server_->address()));
  const int32_t call = peer.Start(broken.method, broken.headers);
  peer.Send(call, broken.data, true);
  const auto is_over = [&] {
    while (peer.Pump()) continue;
    return peer.answer(call).closed;
  };
  ASSERT_TRUE(ComesToHold(is_over));
  const H2Answer& answer = peer.answer(call);
  EXPECT_EQ(answer.Value("grpc-status"), std::to_string(static_cast<int>(broken.code)))
      << answer.Value("grpc-message");
  EXPECT_EQ(Counted(broken.code), before + 1);
}

const Headers kGzip = {{"grpc-encoding", "gzip"}};

const std::vector<Broken> kBroken = {
    {"NoMessage", ""},
    {"CutInThePrefix", Sound().substr(0, 3)},
    {"CutInTheMessage", Cut(Sound(), 3)},
    {"SecondMessage", Sound() + Sound()},
    {"SecondMessageCut", Sound() + Cut(Sound(), 3)},
    {"NoGzip", Framed(std::string(70, 'x'), 1), Code::kInternal, kGzip},
    {"GzipOfNothing", Framed("", 1), Code::kInternal, kGzip},
    {"CompressedWithoutEncoding", Framed("x", 1)},
    {"FlagByteSeven", Framed(Sound(), 7)},
    {"DeclaredTooLarge", std::string("\0\x7f\xff\xff\xff", 5), Code::kResourceExhausted},
    {"NoModelInferRequest", Framed("\xff\xff"), Code::kInvalidArgument},
    {"CutInAStream", Sound() + Cut(Sound(), 3), Code::kInternal, {}, kModelStreamInfer},
    {"FlagByteSevenInAStream", Framed("x", 7), Code::kInternal, {}, kModelStreamInfer},
    {"NoGzipInAStream", Framed("xxxx", 1), Code::kInternal, kGzip, kModelStreamInfer},
};

INSTANTIATE_TEST_SUITE_P(Each, BrokenMessageTest, ::testing::ValuesIn(kBroken),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::testing
