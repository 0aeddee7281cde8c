// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_FUZZ_FUZZ_SERVER_H_
#define HILLOCK_TESTS_FUZZ_FUZZ_SERVER_H_

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/clock.h"
#include "server/rpc/control/health_watchers.h"
#include "server/rpc/inference/infer_call.h"
#include "server/transport/http2/endpoint.h"
#include "tests/fuzz/echo_handler.h"
#include "tests/support/wire/memory_stream.h"

namespace hillock::fuzz {

// The methods that a FuzzServer has.
inline constexpr char kEcho[] = "/Echo";  // EchoHandler's, each with its pace
inline constexpr char kEchoAtEnd[] = "/Late";
inline constexpr char kEchoSlowly[] = "/Slow";
inline constexpr char kUnary[] = "/Unary";  // a message and the same back; "bad..." is refused
inline constexpr char kInfer[] = "/Infer";  // the model "pets" sums three floats
inline constexpr char kStreamInfer[] = "/Stream";
inline constexpr char kWatch[] = "/Watch";

// A server without threads and sockets, on a clock that only Pass() moves. What is called is one
// part of a reactor's round, so that an input decides their order.
class FuzzServer final : private transport::Router {
 public:
  // `budget`: bytes.
  FuzzServer(size_t budget, const transport::Endpoint::Options& options);

  // REQUIRES: all clients are gone. Aborts when the server has kept something of their calls.
  ~FuzzServer();

  // A new client.
  std::shared_ptr<testing::Wire> Connect();

  // Hands out what has arrived, as much as is read at a time, and sends what there is to send. True
  // when there is work that is done in slices.
  bool Receive();

  // Computes what has been asked for.
  void Compute();

  void Pass(Nanos time);
  void Drain();

  // Takes a connection that can be moved away, and back.
  void Move();

  // Lets slow calls take messages again.
  void Resume();

  // Tells those who watch that the server is, or is not, ready.
  void TurnReadiness();

  // Aborts when requests hold more than the budget.
  void CheckBudget() const;

  size_t connections() const { return endpoint_.connections(); }

  // Whether a call with this "tag" in its metadata has come to its method.
  bool Opened(const std::string& tag) const { return tags_.contains(tag); }

 private:
  transport::Handler* Open(transport::Call& call) override;
  transport::Handler* OpenEcho(transport::Call& call, EchoHandler::Pace pace);

  rpc::InferCalls infer_calls_;
  rpc::HealthWatchers watchers_;
  std::vector<std::unique_ptr<EchoHandler>> echoes_;
  std::set<std::string> tags_;
  transport::MemoryBudget budget_;
  transport::Endpoint endpoint_;
};

}  // namespace hillock::fuzz

#endif  // HILLOCK_TESTS_FUZZ_FUZZ_SERVER_H_
