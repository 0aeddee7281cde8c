// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/version.h"

#include <CLI/CLI.hpp>

#include "client/cli/command.h"

namespace hillock::client {

void AddVersion(CLI::App& app, Command& chosen) {
  app.add_subcommand("version", "print the version, as --version does")->callback([&chosen] {
    chosen = [](const Console& console) {
      console.out << kVersion << '\n';
      return absl::OkStatus();
    };
  });
}

}  // namespace hillock::client
