// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_WELL_BEHAVED_CLIENT_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_WELL_BEHAVED_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/inference.pb.h"

namespace hillock::testing {

// An ordinary client at a steady rate, whom nothing that others do may harm: gRPC C++, a thread of
// its own, calls of one row with a deadline of 3 s, sent when their time has come whether or not
// those before are answered.
class WellBehavedClient {
 public:
  struct Options {
    std::string model = "digits-relu";
    size_t width = 64;
    int calls_per_second = 500;
  };
  struct Report {
    size_t calls = 0;
    std::map<std::string, size_t> errors;  // how often each status was met
    double p50_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;

    // Prints the latencies, and keeps them with the test's results.
    void Record() const;
  };

  WellBehavedClient(std::shared_ptr<grpc::Channel> channel, Options options);
  explicit WellBehavedClient(std::shared_ptr<grpc::Channel> channel)
      : WellBehavedClient(std::move(channel), Options()) {}

  // A channel with connections of its own, without a retry policy: what never reached a server's
  // handler is sent again all the same, as gRPC does by itself. It tries again soon to connect.
  static std::shared_ptr<grpc::Channel> Connect(
      const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                                     grpc::InsecureChannelCredentials());

  ~WellBehavedClient();

  // Waits until so many more calls are answered, whichever way; the test fails after a minute.
  void AwaitAnswers(size_t calls) const;

  // Calls no more, and waits for the answers.
  Report Stop();

 private:
  struct Pending;

  void Loop();
  void Note(const Pending& call, double ms);

  const std::shared_ptr<grpc::Channel> channel_;
  const Options options_;
  inference::ModelInferRequest request_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> answers_{0};
  std::vector<double> milliseconds_;
  std::map<std::string, size_t> errors_;
  std::thread thread_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_WELL_BEHAVED_CLIENT_H_
