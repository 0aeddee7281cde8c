// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_SERVER_PROCESS_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_SERVER_PROCESS_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/health.grpc.pb.h"
#include "proto/inference.grpc.pb.h"
#include "tests/integration/support/subprocess.h"

namespace hillock::testing {

// The program to test: what the environment's HILLOCK_SERVER names, such as one with sanitizers, or
// the one of this build.
std::string ServerBinary();

// The words that start hillock-server on `repository` with ports that the system chooses; later
// flags win over earlier ones.
std::vector<std::string> ServerCommand(const std::string& repository,
                                       const std::vector<std::string>& flags = {});

// A running hillock-server. When it does not become ready the test fails, and calls to it do, too.
class ServerProcess {
 public:
  // `launcher`: words before the command, of a program that becomes the server.
  explicit ServerProcess(const std::string& repository, const std::vector<std::string>& flags = {},
                         const std::vector<std::string>& launcher = {});

  // A server of models/ with default flags, started on first use and shared by all tests that leave
  // it as it is. Its repository holds one model version a model.
  static ServerProcess& Shared();

  // What its ready line says.
  const std::string& address() const { return address_; }
  const std::string& http_address() const { return http_address_; }
  int served() const { return served_; }
  int unavailable() const { return unavailable_; }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  inference::GRPCInferenceService::Stub& inference() { return *inference_; }
  grpc::health::v1::Health::Stub& health() { return *health_; }
  Subprocess& process() { return process_; }
  const Subprocess& process() const { return process_; }

 private:
  void ReadReadyLine();

  Subprocess process_;
  std::string address_;
  std::string http_address_;
  int served_ = 0;
  int unavailable_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> inference_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_SERVER_PROCESS_H_
