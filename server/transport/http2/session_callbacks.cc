// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/session_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

#include "server/core/base/status.h"
#include "server/transport/http2/connection.h"
#include "server/transport/http2/fields.h"
#include "server/transport/http2/stream.h"

// What nghttp2 calls while Connection::Feed() gives it bytes, or Connection::Pack() takes frames
// from it. Within a callback nghttp2 must not be entered to read or write, and the connection must
// not be destroyed. So callbacks change state, submit frames and mark the connection; the rest
// follows in Flush().
//
// A stream's user data is its Stream from the first header on until StreamClosed(). It is null for
// a stream that is being refused.

namespace hillock::transport {
namespace {

Stream* StreamOf(nghttp2_session* session, int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

bool IsRequest(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool Has(const nghttp2_frame& frame, uint8_t flag) { return (frame.hd.flags & flag) != 0; }

}  // namespace

struct SessionCallbacks {
  static Connection& Of(void* user) { return *static_cast<Connection*>(user); }

  static int BeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (!IsRequest(*frame) || !Of(user).accepts_calls()) return 0;
    const int32_t id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, id, &Of(user).OpenStream(id));
    return 0;
  }

  static int Header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool goes_on =
        stream->AddHeader(View(name, name_size), View(value, value_size), !IsRequest(*frame));
    // The error has nghttp2 reset the stream and skip the rest of the header block.
    return goes_on ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int Data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                  void* user) {
    Of(user).received_ += size;
    if (Stream* const stream = StreamOf(session, id)) stream->AddData(View(data, size));
    return 0;
  }

  static int Received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& connection = Of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if (Stream* const stream = StreamOf(session, frame->hd.stream_id)) {
          if (IsRequest(*frame)) stream->EndHeaders();
          if (Has(*frame, NGHTTP2_FLAG_END_STREAM)) stream->EndData();
        }
        break;
      case NGHTTP2_SETTINGS:
        connection.keepalive_.OnSettings();
        break;
      case NGHTTP2_PING:
        if (Has(*frame, NGHTTP2_FLAG_ACK)) connection.OnPong(frame->ping.opaque_data);
        break;
      default:
        break;
    }
    return 0;
  }

  // "Sent" is serialized: the frame is in the bytes that Pack() is about to get.
  static int Sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) Of(user).OnGoAwaySent();
    if (frame->hd.type != NGHTTP2_HEADERS || !Has(*frame, NGHTTP2_FLAG_END_STREAM)) return 0;
    if (Stream* const stream = StreamOf(session, frame->hd.stream_id)) stream->StatusSent();
    return 0;
  }

  // Writes the frame that Stream::Provide() announced. PAUSE has nghttp2 return to Pack(); the
  // frame counts as sent all the same.
  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t length,
                      nghttp2_data_source* source, void* user) {
    Connection& connection = Of(user);
    auto* const stream = static_cast<Stream*>(source->ptr);
    stream->WriteFrame(View(frame_header, kFrameHeaderBytes), length, connection.out_);
    return connection.HasEnoughOut() ? NGHTTP2_ERR_PAUSE : 0;
  }

  static int StreamClosed(nghttp2_session* session, int32_t id, uint32_t, void* user) {
    if (Stream* const stream = StreamOf(session, id)) Of(user).CloseStream(*stream);
    return 0;
  }
};

nghttp2_session_callbacks* MakeSessionCallbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  using Make = SessionCallbacks;
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Make::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Make::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Make::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Make::Received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Make::Sent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, Make::SendData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Make::StreamClosed);
  return callbacks;
}

}  // namespace hillock::transport
