// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/client_callbacks.h"

#include <algorithm>
#include <string>

#include "server/core/base/status.h"
#include "server/transport/http2/client/client_call.h"
#include "server/transport/http2/client/client_connection.h"
#include "server/transport/http2/fields.h"
#include "server/transport/http2/session_memory.h"

// nghttp2 calls these while ClientConnection gives it bytes (ReadOnce) or takes frames from it
// (Serialize). The owner may start calls whenever it hears of something, and must not do so here,
// within nghttp2. So callbacks only note what happened, and the owner hears of it afterwards.
//
// A stream's user data is its ClientCall, or null once that has been cancelled.

namespace hillock::transport {
namespace {

// What is serialized ahead of the socket.
constexpr size_t kMaxUnsent = size_t{256} << 10;

}  // namespace

struct ClientCallbacks::Receiver {
  static ClientConnection& Of(void* user) { return *static_cast<ClientConnection*>(user); }

  // All headers of a block belong to one stream, so its call is looked up once.
  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Of(user).reading_ = Of(user).CallOf(frame->hd.stream_id);
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    ClientCall* const call = Of(user).reading_;
    if (call != nullptr) call->answer_.TakeHeader(View(name, name_size), View(value, value_size));
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                    void* user) {
    ClientCall* const call = Of(user).CallOf(stream);
    if (call != nullptr) call->answer_.TakeData(View(data, size));
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Of(user).OnFrame(*frame);
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame*, int error, void* user) {
    Of(user).fault_ = nghttp2_strerror(error);
    return 0;
  }

  static int OnError(nghttp2_session*, int, const char* text, size_t size, void* user) {
    Of(user).fault_.assign(text, size);
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    Of(user).OnStreamClosed(stream, error);
    return 0;
  }

  static int OnNotSent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    ClientCall* const call = Of(user).CallOf(frame->hd.stream_id);
    if (call != nullptr) call->fate_ = ClientCall::Fate::kUnsent;
    return 0;
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t size,
                      nghttp2_data_source* source, void* user) {
    auto& call = *static_cast<ClientCall*>(source->ptr);
    std::string& unsent = Of(user).unsent_;
    unsent.append(View(frame_header, kFrameHeaderBytes));
    unsent.append(call.message_.substr(call.sent_, size));
    call.sent_ += size;
    return 0;
  }
};

// A call that was cancelled may be in use again, for another stream.
ssize_t ClientCallbacks::NextData(nghttp2_session*, int32_t stream, uint8_t*, size_t size,
                                  uint32_t* flags, nghttp2_data_source* source, void* user) {
  const auto& call = *static_cast<ClientCall*>(source->ptr);
  if (call.stream_ != stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  ClientConnection& connection = Receiver::Of(user);
  connection.paused_ = connection.unsent_.size() >= kMaxUnsent;
  if (connection.paused_) return NGHTTP2_ERR_PAUSE;
  const size_t left = call.message_.size() - call.sent_;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (left <= size) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(std::min(left, size));
}

nghttp2_session* ClientCallbacks::NewSession(ClientConnection& connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Receiver::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Receiver::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Receiver::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Receiver::OnFrame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks,
                                                               &Receiver::OnInvalidFrame);
  nghttp2_session_callbacks_set_error_callback2(callbacks, &Receiver::OnError);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Receiver::OnStreamClosed);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &Receiver::OnNotSent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, &Receiver::SendData);
  nghttp2_session* session = nullptr;
  HILLOCK_CHECK(
      nghttp2_session_client_new3(&session, callbacks, &connection, nullptr, SessionMemory()) == 0);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace hillock::transport
