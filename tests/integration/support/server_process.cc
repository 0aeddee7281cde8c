// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/server_process.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <regex>

namespace hillock::testing {
namespace {

constexpr char kNobody[] = "127.0.0.1:1";

std::vector<std::string> Join(std::vector<std::string> words,
                              const std::vector<std::string>& further) {
  words.insert(words.end(), further.begin(), further.end());
  return words;
}

}  // namespace

std::string ServerBinary() {
  const char* const given = std::getenv("HILLOCK_SERVER");
  return given == nullptr ? HILLOCK_SERVER_BINARY : given;
}

std::vector<std::string> ServerCommand(const std::string& repository,
                                       const std::vector<std::string>& flags) {
  std::vector<std::string> command = {ServerBinary(), "--repository", repository};
  const auto add_unless_given = [&](const std::string& flag) {
    if (std::find(flags.begin(), flags.end(), flag) != flags.end()) return;
    command.insert(command.end(), {flag, "127.0.0.1:0"});
  };
  add_unless_given("--listen");
  add_unless_given("--http-listen");
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

ServerProcess::ServerProcess(const std::string& repository, const std::vector<std::string>& flags,
                             const std::vector<std::string>& launcher)
    : process_(Join(launcher, ServerCommand(repository, flags))) {
  ReadReadyLine();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  inference_ = inference::GRPCInferenceService::NewStub(channel_);
  health_ = grpc::health::v1::Health::NewStub(channel_);
}

ServerProcess& ServerProcess::Shared() {
  static ServerProcess server(HILLOCK_MODELS);
  return server;
}

void ServerProcess::ReadReadyLine() {
  static const std::regex kReady(
      R"(.*\bready: (\d+) models, (\d+) unavailable, grpc (\S+), http (\S*), .*)");
  address_ = kNobody;
  const std::optional<std::string> line = process_.WaitForLine("ready: ");
  std::smatch match;
  if (!line || !std::regex_match(*line, match, kReady)) {
    ADD_FAILURE() << "no ready line in:\n" << process_.output() << process_.errors();
    return;
  }
  served_ = std::stoi(match[1]);
  unavailable_ = std::stoi(match[2]);
  address_ = match[3];
  http_address_ = match[4];
}

}  // namespace hillock::testing
