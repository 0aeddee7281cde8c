// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_CLI_INTERRUPT_H_
#define HILLOCK_CLIENT_CLI_INTERRUPT_H_

#include <signal.h>

#include <atomic>

namespace hillock::client {

// While one of these lives, the first SIGINT of the process raises a flag; the second does what it
// did before, which is to end the process. No two at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Raised by the signal. Stays as long as the process.
  const std::atomic<bool>& flag() const;

 private:
  struct sigaction before_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_INTERRUPT_H_
