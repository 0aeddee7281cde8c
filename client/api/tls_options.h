// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_TLS_OPTIONS_H_
#define HILLOCK_CLIENT_API_TLS_OPTIONS_H_

#include <string>

namespace hillock::client {

// Whether and how a server is called over TLS. Files are PEM; an empty name is none.
struct TlsOptions {
  bool enabled = false;     // with the system's authorities; the rest enables it too
  std::string ca;           // file of the authorities to trust in place of the system's
  std::string cert;         // file of this client's certificate chain; with `key` or not at all
  std::string key;          // file of its private key
  std::string server_name;  // that the server's certificate must have; empty: the host called

  bool wanted() const {
    return enabled || !ca.empty() || !cert.empty() || !key.empty() || !server_name.empty();
  }
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_TLS_OPTIONS_H_
