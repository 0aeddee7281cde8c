// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_BESIEGED_SERVER_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_BESIEGED_SERVER_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/integration/support/process_status.h"
#include "tests/integration/support/server_process.h"
#include "tests/integration/support/some_models.h"

namespace hillock::testing {

inline constexpr char kModelInfer[] = "/inference.GRPCInferenceService/ModelInfer";
inline constexpr char kModelStreamInfer[] = "/inference.GRPCInferenceService/ModelStreamInfer";
inline constexpr char kServerLive[] = "/inference.GRPCInferenceService/ServerLive";

// A server of some small models, and what it uses when all is quiet: it has two connections then,
// server().channel() and that of the well-behaved client.
class BesiegedServer {
 public:
  // `flags` and `launcher`: as of ServerProcess.
  explicit BesiegedServer(const std::vector<std::string>& flags = {},
                          const std::vector<std::string>& launcher = {});

  // Expects that `attack` harms nobody: the well-behaved client meets no error meanwhile, and when
  // it is over a new client is served, and the server comes to use as many threads and descriptors
  // as before, and hardly more memory.
  void Endure(const std::function<void()>& attack);

  ServerProcess& server() { return server_; }
  const std::string& address() const { return server_.address(); }

 private:
  ProcessStatus Status() const { return ProcessStatus::Of(server_.process().pid()); }
  bool IsQuiet(const ProcessStatus& status) const;
  void ExpectServesNewClient() const;
  void ExpectQuiet() const;

  const SomeModels models_{"curve-tanh", "digits-relu", "fashion-mnist", "iris"};
  ServerProcess server_;
  const std::shared_ptr<grpc::Channel> channel_;
  ProcessStatus idle_;
};

// Looks until that holds, for half a minute at most.
bool ComesToHold(const std::function<bool()>& holds);

// Calls a method with these bytes as its message, with a deadline of a minute.
absl::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           std::string_view message);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_BESIEGED_SERVER_H_
