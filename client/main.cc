#include <CLI/CLI.hpp>
#include <iostream>

#include "client/command.h"
#include "client/text.h"

namespace {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2 };

int Report(const absl::Status& status) {
  if (status.ok()) return kOk;
  std::cerr << "hillock: " << absl::StatusCodeToString(status.code()) << ": "
            << hillock::client::Printable(std::string(status.message())) << '\n';
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Asks a Hillock server for predictions, models, health and statistics.", "hillock");
  hillock::client::Command chosen;
  hillock::client::AddCommands(app, chosen);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == kOk ? kOk : kUsage;
  }
  const absl::Status status = chosen({std::cout, hillock::client::StandardOutputInk()});
  std::cout.flush();
  return Report(status);
}
