// What the subcommands of `hillock` share; client/commands/commands.h says how one plugs in.

#ifndef HILLOCK_CLIENT_CLI_COMMAND_H_
#define HILLOCK_CLIENT_CLI_COMMAND_H_

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "client/api/client.h"
#include "client/api/tls_options.h"
#include "client/text/terminal.h"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace hillock::client {

// Where a command writes what it found. Errors are returned, never written.
struct Console {
  std::ostream& out;
  Look look;
  // A terminal that shows how far it has come; null: nobody looks.
  std::ostream* progress = nullptr;
};

using Command = std::function<absl::Status(const Console&)>;

// Takes a number from `least` to `most`, and no NaN, which CLI::Range lets through.
CLI::Validator NumberFrom(double least, double most);

// The flags of every command that calls the server: --server, --timeout and those of TLS.
struct ServerFlags {
  std::string target = "127.0.0.1:8001";
  TlsOptions tls;
  double timeout_seconds = 10;
};

void AddServerFlags(CLI::App& command, ServerFlags& flags);

// --metrics, the HOST:PORT that serves metrics; its http://HOST:PORT/metrics becomes that.
CLI::Option* AddMetricsFlag(CLI::App& command, std::string& address, const std::string& help);

// --timeout, rounded up to milliseconds.
std::chrono::milliseconds CallDeadline(const ServerFlags& flags);

absl::StatusOr<Client> Connect(const ServerFlags& flags, size_t batch_rows = 256);

// `value` with an indentation of two, and a newline. Text that is not UTF-8 is mended, not refused.
void WriteJson(std::ostream& out, const nlohmann::ordered_json& value);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_COMMAND_H_
