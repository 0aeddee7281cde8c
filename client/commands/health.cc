// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include "client/api/retry.h"
#include "client/cli/command.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using grpc::health::v1::HealthCheckResponse;
using std::chrono::milliseconds;

constexpr double kMaxWaitSeconds = 86'400;

struct HealthFlags {
  ServerFlags server;
  std::string service;
  double wait_seconds = 0;
  bool json = false;
};

std::string Subject(const std::string& service) {
  return service.empty() ? "the server" : Quoted(service);
}

void Write(const HealthFlags& flags, const std::string& state, std::ostream& out) {
  if (flags.json) {
    WriteJson(out, {{"service", flags.service}, {"status", state}});
  } else {
    out << state << '\n';
  }
}

// Asks once, and puts the answer's name, if there is one, into `state`.
absl::Status Ask(const HealthFlags& flags, milliseconds time, std::string& state) {
  state.clear();
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server));
  HILLOCK_ASSIGN_OR_RETURN(const auto answer, client.Check(flags.service, time));
  state = HealthCheckResponse::ServingStatus_Name(answer);
  if (answer == HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{} is {}", Subject(flags.service), state));
}

absl::Status Health(const HealthFlags& flags, const Console& console) {
  RetryPlan plan;
  plan.wait = milliseconds(std::llround(flags.wait_seconds * 1000));
  plan.once = flags.server.timeout.Deadline();
  plan.sleep = [](milliseconds pause) { std::this_thread::sleep_for(pause); };
  std::string state;
  const absl::Status status =
      RetryUntilOk(plan, [&](milliseconds time) { return Ask(flags, time, state); });
  if (!state.empty()) Write(flags, state, console.out);
  return status;
}

}  // namespace

void AddHealth(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<HealthFlags>();
  CLI::App* const command =
      app.add_subcommand("health", "ask whether the server, or one model, is serving");
  auto* const service =
      command->add_option("--service", flags->service, "a gRPC service; else the server");
  command->add_option("--model", flags->service, "a model")->excludes(service);
  command->add_option("--wait", flags->wait_seconds, "seconds to keep asking until it serves")
      ->capture_default_str()
      ->check(NumberFrom(0, kMaxWaitSeconds));
  command->add_flag("--json", flags->json, "print one JSON object");
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Health(*flags, console); };
  });
}

}  // namespace hillock::client
