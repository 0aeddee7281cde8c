// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_COMMANDS_H_
#define HILLOCK_CLIENT_COMMANDS_COMMANDS_H_

#include "client/cli/command.h"

namespace hillock::client {

// Declares every subcommand of `hillock` on `app`. When a command line names one, parsing sets
// `chosen` to what is to be run; nothing runs while flags are being parsed.
//
// A subcommand is a file of this folder with one function of this signature, and a row of the list
// in commands.cc.
void AddCommands(CLI::App& app, Command& chosen);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_COMMANDS_H_
