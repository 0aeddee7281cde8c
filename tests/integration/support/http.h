// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_

#include <string>

namespace hillock::testing {

struct HttpAnswer {
  int status = 0;  // 0 when there was no answer
  std::string body;
};

// GET of `path` at `address`, an IPv4 HOST:PORT.
HttpAnswer HttpGet(const std::string& address, const std::string& path);

// A listening socket on a loopback port of its own; nobody answers there.
class TakenPort {
 public:
  TakenPort();
  ~TakenPort();
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  const std::string& address() const { return address_; }

 private:
  int socket_ = -1;
  std::string address_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_
