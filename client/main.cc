#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/synchronization/mutex.h"
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
  CLI::App app("Asks a Hillock server for predictions, models, health and statistics, and draws.",
               "hillock");
  hillock::client::Command chosen;
  hillock::client::AddCommands(app, chosen);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == kOk ? kOk : kUsage;
  }
  // Some distributions build abseil with a detector that takes a global lock at every lock of
  // gRPC's.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::ostream* const progress = isatty(STDERR_FILENO) == 1 ? &std::cerr : nullptr;
  const absl::Status status = chosen({std::cout, hillock::client::StandardOutputInk(),
                                      hillock::client::EnvironmentCharset(), progress});
  std::cout.flush();
  return Report(status);
}
