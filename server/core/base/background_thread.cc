// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/background_thread.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include "server/core/base/clock.h"

namespace hillock {
namespace {

// The thread's share where cores are contended: a tenth, by its nice value and by its breaks.
constexpr int kNiceSteps = 10;
constexpr Nanos kBusyNanos = 200'000;
constexpr timespec kRest{0, 9 * kBusyNanos};

// Lets a thread that waits for this core have it, so that it can say whether it has work.
constexpr timespec kBriefly{0, 1'000};
constexpr unsigned long kTimerSlackNanos = 1'000;  // 50,000 otherwise

struct Yielding {
  std::function<bool()> contended;
  Nanos since = 0;  // of the thread's time on a core
};
thread_local Yielding yielding;

}  // namespace

void MarkBackgroundThread(std::function<bool()> contended) {
  // On Linux a nice value is a thread's own.
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNiceSteps);
  prctl(PR_SET_TIMERSLACK, kTimerSlackNanos);
  yielding = {std::move(contended), Clock::ThreadCpu().Now()};
}

void YieldIfContended() {
  if (!yielding.contended) return;
  if (Clock::ThreadCpu().Now() - yielding.since < kBusyNanos) return;
  nanosleep(&kBriefly, nullptr);
  if (yielding.contended()) nanosleep(&kRest, nullptr);
  yielding.since = Clock::ThreadCpu().Now();
}

}  // namespace hillock
