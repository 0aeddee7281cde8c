// SPDX-License-Identifier: Apache-2.0

// What the subcommands of `hillock` share; client/commands/commands.h says how one plugs in.

#ifndef HILLOCK_CLIENT_CLI_COMMAND_H_
#define HILLOCK_CLIENT_CLI_COMMAND_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "client/api/client.h"
#include "client/api/endpoint.h"
#include "client/text/terminal.h"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace hillock::client {

// Where a command writes its results. Errors are returned, never written.
struct Console {
  std::ostream& out;
  Look look;
  std::ostream* progress = nullptr;  // a terminal for progress; null: there is none
};

using Command = std::function<absl::Status(const Console&)>;

// Takes a number from `min` to `max`, and no NaN, which CLI::Range lets through.
CLI::Validator NumberFrom(double min, double max);

// --timeout.
struct TimeoutFlag {
  double seconds = 10;

  // Rounded up to milliseconds.
  std::chrono::milliseconds Deadline() const;
};

void AddTimeoutFlag(CLI::App& command, TimeoutFlag& flag, const std::string& help);

// The flags of every command that calls the server: --server, --timeout, --token-file and
// those of TLS.
struct ServerFlags {
  Endpoint endpoint{.target = "127.0.0.1:8001"};
  TimeoutFlag timeout;
};

void AddServerFlags(CLI::App& command, ServerFlags& flags);

// A model of the server, and --version.
struct ModelFlags {
  std::string name;
  uint64_t version = 0;  // 0: the highest served

  // As requests have it: empty for the highest served.
  std::string VersionText() const;
};

void AddModelName(CLI::App& command, ModelFlags& flags);
void AddVersionFlag(CLI::App& command, ModelFlags& flags);

// --metrics, the address that serves metrics; its http://HOST:PORT/metrics becomes HOST:PORT.
CLI::Option* AddMetricsFlag(CLI::App& command, std::string& address, const std::string& help);

absl::StatusOr<Client> Connect(const ServerFlags& flags, size_t batch_rows = 256);

// `value` with an indentation of two, and a newline. Invalid UTF-8 is replaced, not refused.
void WriteJson(std::ostream& out, const nlohmann::ordered_json& value);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_COMMAND_H_
