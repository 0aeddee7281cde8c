// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_CALLBACKS_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_CALLBACKS_H_

struct nghttp2_session_callbacks;

namespace hillock::transport {

// What connects a server's nghttp2 session, whose user data is its Connection, to that connection
// and its streams. The caller frees it.
nghttp2_session_callbacks* MakeSessionCallbacks();

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_CALLBACKS_H_
