// hillock-server: serves the models of a repository until SIGTERM or SIGINT.
// Exit codes: 0 drained, 1 could not start, 2 usage.

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/logging.h"
#include "server/options.h"
#include "server/server.h"

namespace hillock {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kUsage = 2;

void PrepareProcess() {
  // Some distributions build abseil with a deadlock detector that takes a global lock at every lock
  // of gRPC's, and aborts on lock orders that gRPC lives with.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// REQUIRES: the stop signals are blocked in every thread.
void WaitForStop() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("signal {}: draining", signal);
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// The process's exit code.
int Serve(const Options& options, Nanos start) {
  SetUpLogging(options.log_format);
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto server = Server::Start(options);
  if (!server.ok()) {
    spdlog::error("{}", server.status().ToString());
    return kCouldNotStart;
  }
  spdlog::info("ready: {} models, {} unavailable, grpc {}, metrics {}, {} reactors, {:.0f} ms",
               (*server)->served_models(), (*server)->unavailable_models(), (*server)->address(),
               (*server)->metrics_address(), (*server)->reactors(),
               1e-6 * static_cast<double>(Clock::Monotonic().Now() - start));
  WaitForStop();
  (*server)->Drain();
  spdlog::info("drained");
  // Destroying the server would wait two seconds for the metrics' listener to notice.
  std::quick_exit(0);
}

int Main(int argc, const char* const* argv) {
  const Nanos start = Clock::Monotonic().Now();
  PrepareProcess();
  const auto command_line = ParseCommandLine(argc, argv);
  if (!command_line.ok()) {
    std::fputs(std::string(command_line.status().message()).c_str(), stderr);
    return kUsage;
  }
  if (!command_line->options) {
    std::fputs(command_line->text.c_str(), stdout);
    return 0;
  }
  return Serve(*command_line->options, start);
}

}  // namespace
}  // namespace hillock

int main(int argc, char** argv) {
  try {
    return hillock::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hillock-server: %s\n", error.what());
    return hillock::kCouldNotStart;
  }
}
