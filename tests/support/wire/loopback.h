// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_WIRE_LOOPBACK_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_LOOPBACK_H_

#include <cstdint>
#include <string>

#include "server/core/base/descriptor.h"

namespace hillock::testing {

// Whether this machine has a loopback interface for AF_INET or AF_INET6.
bool HasLoopback(int family);

// A TCP connection of this process to itself, over IPv4 or IPv6.
class Loopback {
 public:
  // REQUIRES: HasLoopback(family).
  explicit Loopback(int family);

  int server() const { return server_.get(); }  // what a server has accepted
  int client() const { return client_.get(); }
  uint16_t client_port() const { return client_port_; }

 private:
  Descriptor client_;
  Descriptor server_;
  uint16_t client_port_ = 0;
};

// Whether what is written to the socket waits, by what the kernel says (TCP_CORK).
bool IsHeld(int socket);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_LOOPBACK_H_
