// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_WIRE_CERTIFICATE_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_CERTIFICATE_H_

#include <string>

namespace hillock::testing {

// An identity in TLS, as PEM.
struct Identity {
  std::string certificate;  // self-signed
  std::string key;
};

// A new identity of a host, and of an IP address if one is given, valid for an hour.
Identity MakeIdentity(const std::string& host, const std::string& ip = "");

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_CERTIFICATE_H_
