// SPDX-License-Identifier: Apache-2.0

// hillock: the client of a Hillock server.
// Exit codes: 0 done, 1 it failed, 2 usage.

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/synchronization/mutex.h"
#include "client/commands/command_line.h"
#include "client/text/text.h"

namespace hillock::client {
namespace {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2 };

int Report(const absl::Status& status) {
  if (status.ok()) return kOk;
  std::cerr << "hillock: " << absl::StatusCodeToString(status.code()) << ": "
            << Printable(std::string(status.message())) << '\n';
  return kFailed;
}

absl::Status Run(const CommandLine& line) {
  std::cout << line.text;
  absl::Status status;
  if (line.command) {
    std::ostream* const progress = isatty(STDERR_FILENO) == 1 ? &std::cerr : nullptr;
    status = line.command({std::cout, {StandardOutputInk(), EnvironmentCharset()}, progress});
  }
  const absl::Status written = FinishOutput(std::cout);
  return status.ok() ? written : status;
}

void PrepareLibraries() {
  // Some distributions build abseil with a detector that takes a global lock at every lock of
  // gRPC's.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // What gRPC would log of a failed call is in the call's status.
  setenv("GRPC_VERBOSITY", "NONE", 0);
}

int Main(int argc, const char* const* argv) {
  PrepareLibraries();
  const auto line = ParseCommandLine(argc, argv);
  if (line.ok()) return Report(Run(*line));
  std::cerr << std::string(line.status().message());
  return kUsage;
}

}  // namespace
}  // namespace hillock::client

int main(int argc, char** argv) { return hillock::client::Main(argc, argv); }
