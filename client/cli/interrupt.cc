// SPDX-License-Identifier: Apache-2.0
#include "client/cli/interrupt.h"

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

// What a signal handler may touch has to be free of locks.
static_assert(std::atomic<bool>::is_always_lock_free);
std::atomic<bool> interrupted = false;

void Raise(int) { interrupted.store(true); }

}  // namespace

Interrupt::Interrupt() {
  interrupted.store(false);
  struct sigaction action {};
  action.sa_handler = &Raise;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  HILLOCK_CHECK(sigaction(SIGINT, &action, &before_) == 0);
}

Interrupt::~Interrupt() { sigaction(SIGINT, &before_, nullptr); }

const std::atomic<bool>& Interrupt::flag() const { return interrupted; }

}  // namespace hillock::client
