// SPDX-License-Identifier: Apache-2.0

// hillock-server: serves the models of a repository until SIGTERM, SIGINT or SIGHUP.
// Exit codes: 0 drained, 1 could not start, 2 usage, 3 a model was refused (--exit-on-error).

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "server/core/base/clock.h"
#include "server/logging.h"
#include "server/options.h"
#include "server/server.h"

namespace hillock {
namespace {

constexpr int kCouldNotStart = 1;
constexpr int kUsage = 2;
constexpr int kModelRefused = 3;

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

// Waits for a stop signal, and lets a second one end the process. REQUIRES: stop signals are
// blocked in every thread.
void AwaitStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("signal {}: draining", signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

[[noreturn]] void Fail(const absl::Status& why) {
  spdlog::error("{}", why.ToString());
  Exit(absl::IsAborted(why) ? kModelRefused : kCouldNotStart);
}

// The process's exit code.
int Serve(const Options& options, Nanos start) {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there is any thread
  SetUpLogging(options.log_format);
  // Protobuf would print lines of its own about requests that it cannot read.
  google::protobuf::SetLogHandler(nullptr);
  for (const std::string& warning : options.warnings) spdlog::warn("{}", warning);
  auto server = Server::Start(options, start, Fail);
  if (!server.ok()) Fail(server.status());
  AwaitStopSignal();
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
