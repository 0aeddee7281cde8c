// SPDX-License-Identifier: Apache-2.0

// hillock-server: serves the models of a repository until SIGTERM, SIGINT or SIGHUP.
// Exit codes: 0 drained, 1 could not start, 2 usage.

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include "server/core/base/clock.h"
#include "server/logging.h"
#include "server/options.h"
#include "server/server.h"

namespace hillock {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kUsage = 2;

// Buffers of this size are the system's again as soon as they are free, and so is what is free
// beyond the other at the end of a thread's heap. Left alone, the C library raises both to tens of
// megabytes once it has seen a large buffer, for each thread, where trimming the heap does not
// reach.
constexpr int kMappedBytes = 4 << 20;
constexpr int kFreeBytesAtEnd = 8 << 20;

void PrepareProcess() {
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  mallopt(M_TRIM_THRESHOLD, kFreeBytesAtEnd);
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM}) std::signal(signal, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Ends the process without destroying anything, which would wait for what is not needed any more.
[[noreturn]] void Exit(int code) {
  FlushLog();
  std::quick_exit(code);
}

// Waits for the first stop signal on a thread of its own, so that one which comes while models are
// being loaded ends the process at once. A second one always does. REQUIRES: the stop signals are
// blocked in every thread.
class StopSignal {
 public:
  StopSignal() : thread_([this] { Watch(); }) {}

  // There is something to drain from now on. Waits for the signal.
  void Await() {
    serving_.store(true);
    has_come_.wait(false);
  }

 private:
  void Watch() {
    const sigset_t signals = StopSignals();
    int signal = 0;
    sigwait(&signals, &signal);
    const bool serving = serving_.load();
    spdlog::info("signal {}: {}", signal, serving ? "draining" : "stopped before it was ready");
    if (!serving) Exit(0);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    has_come_.store(true);
    has_come_.notify_one();
    for (;;) pause();  // a thread that takes the second signal, whose default is to end the process
  }

  std::atomic<bool> serving_{false};
  std::atomic<bool> has_come_{false};
  std::thread thread_;
};

// The process's exit code.
int Serve(const Options& options, Nanos start) {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there is any thread
  SetUpLogging(options.log_format);
  // Protobuf would print lines of its own about requests that it cannot read.
  google::protobuf::SetLogHandler(nullptr);
  for (const std::string& warning : options.warnings) spdlog::warn("{}", warning);
  StopSignal stop;
  auto server = Server::Start(options);
  if (!server.ok()) {
    spdlog::error("{}", server.status().ToString());
    Exit(kCouldNotStart);
  }
  spdlog::info("memory: at most {} MiB, of which requests and answers may hold {}",
               (*server)->memory_bytes() >> 20, (*server)->request_bytes() >> 20);
  const std::string control = (*server)->control_address();
  spdlog::info("ready: {} models, {} unavailable, grpc {}, http {}, {}{} reactors, {:.0f} ms",
               (*server)->served_models(), (*server)->unavailable_models(), (*server)->address(),
               (*server)->http_address(), control.empty() ? "" : "control " + control + ", ",
               (*server)->reactors(), 1e3 * ToSeconds(Clock::Monotonic().Now() - start));
  stop.Await();
  (*server)->Drain();
  spdlog::info("drained");
  Exit(0);
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
