// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_TLS_H_
#define HILLOCK_SERVER_TRANSPORT_NET_TLS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "server/core/base/descriptor.h"
#include "server/core/base/status.h"
#include "server/transport/net/byte_stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hillock::transport {

// Names of files in PEM. Empty: none.
struct TlsFiles {
  std::string certificate;  // with the chain that leads to its authority
  std::string key;

  // Of a server: whose clients it serves; without it, anybody's. Of a client: which authorities it
  // trusts; without it, the system's.
  std::string authorities;
};

// What connections are secured with: certificates as they were when the files were read. TLS 1.2
// and later, and HTTP/2 by ALPN (RFC 7540, sections 3.3 and 9.2). Immutable and thread-safe.
class TlsContext {
 public:
  // Errors: INVALID_ARGUMENT that names the file and what is wrong with it.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> ForServer(const TlsFiles& files);
  static absl::StatusOr<std::shared_ptr<const TlsContext>> ForClient(const TlsFiles& files);

  // When the certificate of ForServer() ends, in seconds since the epoch.
  int64_t certificate_expiry() const;

  // A connection over `socket`, which is non-blocking. The hand-shake is part of the first reads
  // and writes. REQUIRES: the process ignores SIGPIPE, which OpenSSL can cause.
  std::unique_ptr<ByteStream> Accept(Descriptor socket) const;

  // `server_name`: whose certificate is wanted, a host or an IP address without brackets.
  std::unique_ptr<ByteStream> Connect(Descriptor socket, const std::string& server_name) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsContext(Context context) : context_(std::move(context)) {}

  Context context_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_TLS_H_
