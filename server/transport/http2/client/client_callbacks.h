// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALLBACKS_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALLBACKS_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

namespace hillock::transport {

class ClientConnection;

// What nghttp2 calls on the client's side. The caller of NewSession() frees it.
struct ClientCallbacks {
  struct Receiver;

  static nghttp2_session* NewSession(ClientConnection& connection);

  // The data source of a request, whose pointer is its ClientCall.
  static ssize_t NextData(nghttp2_session* session, int32_t stream, uint8_t* to, size_t size,
                          uint32_t* flags, nghttp2_data_source* source, void* user);
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALLBACKS_H_
