// How a subcommand of `hillock` plugs in: one Add function, one file.
//
// AddX declares the subcommand and its flags on `app`. When the command line names it, parsing sets
// `chosen` to what is to be run; nothing runs while flags are being parsed.

#ifndef HILLOCK_CLIENT_COMMAND_H_
#define HILLOCK_CLIENT_COMMAND_H_

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "client/terminal.h"

namespace CLI {
class App;
}  // namespace CLI

namespace hillock::client {

// Where a command writes what it found. Errors are returned, never written.
struct Console {
  std::ostream& out;
  Ink ink = Ink::kPlain;
};

using Command = std::function<absl::Status(const Console&)>;

void AddPredict(CLI::App& app, Command& chosen);
void AddModels(CLI::App& app, Command& chosen);
void AddHealth(CLI::App& app, Command& chosen);
void AddStats(CLI::App& app, Command& chosen);

// Every subcommand of this binary.
void AddCommands(CLI::App& app, Command& chosen);

// The flags of every command that calls the server: --server and --timeout.
struct ServerFlags {
  std::string target = "127.0.0.1:8001";
  double timeout_seconds = 10;
};

void AddServerFlags(CLI::App& command, ServerFlags& flags);

// --timeout, rounded up to milliseconds.
std::chrono::milliseconds CallDeadline(const ServerFlags& flags);

absl::StatusOr<Client> Connect(const ServerFlags& flags, size_t batch_rows = 256);

// `value` with an indentation of two, and a newline. Text that is not UTF-8 is mended, not refused.
void WriteJson(std::ostream& out, const nlohmann::ordered_json& value);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMAND_H_
