// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_COMMAND_LINE_H_
#define HILLOCK_CLIENT_COMMANDS_COMMAND_LINE_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/command.h"

namespace hillock::client {

// What a command line asks for: a command to run, or only a text such as the help.
struct CommandLine {
  Command command;  // empty when there is a text
  std::string text;
};

// Parses the command line of `hillock`. INVALID_ARGUMENT with a message for the user when it makes
// no sense; an unknown name comes with similar known ones.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// OK when everything that was written to standard output, which is `out`, has arrived. Else the
// system's own error, or DATA_LOSS when it came too early to be known.
absl::Status FinishOutput(std::ostream& out);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_COMMAND_LINE_H_
