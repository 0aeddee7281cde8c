// SPDX-License-Identifier: Apache-2.0
#include "client/commands/commands.h"

namespace hillock::client {

// Each is defined in the file of its name.
using AddCommand = void(CLI::App& app, Command& chosen);
AddCommand AddPredict, AddModels, AddHealth, AddStats, AddTop, AddLoad, AddActivations, AddPlot,
    AddConvert, AddVersion;

// In the order of --help.
constexpr AddCommand* kCommands[] = {AddPredict, AddModels,      AddHealth, AddStats,   AddTop,
                                     AddLoad,    AddActivations, AddPlot,   AddConvert, AddVersion};

void AddCommands(CLI::App& app, Command& chosen) {
  for (AddCommand* const add : kCommands) add(app, chosen);
}

}  // namespace hillock::client
