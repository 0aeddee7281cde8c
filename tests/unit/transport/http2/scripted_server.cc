// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/transport/http2/scripted_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "server/core/base/status.h"

namespace hillock::transport {
namespace {

std::vector<nghttp2_nv> ToHeaders(const Fields& fields) {
  std::vector<nghttp2_nv> headers;
  for (const auto& [name, value] : fields) {
    const auto bytes = [](const std::string& text) {
      return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
    };
    headers.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return headers;
}

std::string Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

std::string Message(size_t bytes) {
  std::string message(5 + bytes, '\0');
  for (size_t i = 1; i < 5; ++i) message[i] = static_cast<char>(bytes >> (32 - 8 * i) & 0xff);
  return message;
}

struct ScriptedServer::Callbacks {
  static ScriptedServer& Self(void* user) { return *static_cast<ScriptedServer*>(user); }

  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Self(user).requests_.push_back({frame->hd.stream_id, {}, "", false, {}});
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    Self(user).RequestOf(frame->hd.stream_id).headers[Text(name, name_size)] =
        Text(value, value_size);
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                    void* user) {
    Self(user).RequestOf(stream).body += Text(data, size);
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      Self(user).RequestOf(frame->hd.stream_id).complete = true;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      Self(user).RequestOf(frame->hd.stream_id).reset = frame->rst_stream.error_code;
    } else if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      ++Self(user).pings_answered_;
    }
    return 0;
  }

  static ssize_t NextData(nghttp2_session* session, int32_t stream, uint8_t* into, size_t size,
                          uint32_t* flags, nghttp2_data_source* source, void*) {
    Body& body = *static_cast<Body*>(source->ptr);
    const size_t count = std::min(size, body.bytes.size() - body.sent);
    if (count == 0 && !body.trailers) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(into, body.bytes.data() + body.sent, count);
    body.sent += count;
    if (body.sent == body.bytes.size() && body.trailers) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const auto trailers = ToHeaders(*body.trailers);
      nghttp2_submit_trailer(session, stream, trailers.data(), trailers.size());
    }
    return static_cast<ssize_t>(count);
  }
};

ScriptedServer::ScriptedServer(Descriptor socket, uint32_t most_streams)
    : socket_(std::move(socket)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Callbacks::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::OnFrame);
  HILLOCK_CHECK(nghttp2_session_server_new(&session_, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);
  LimitStreams(most_streams);
}

ScriptedServer::~ScriptedServer() { nghttp2_session_del(session_); }

bool ScriptedServer::Pump() { return ReadAll() && WriteAll(); }

bool ScriptedServer::ReadAll() {
  std::array<uint8_t, size_t{1} << 16> room;
  while (true) {
    const ssize_t count = recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    if (nghttp2_session_mem_recv(session_, room.data(), static_cast<size_t>(count)) < 0) {
      return false;
    }
  }
}

bool ScriptedServer::WriteAll() {
  constexpr size_t kMaxUnsent = size_t{1} << 20;
  while (true) {
    const uint8_t* data = nullptr;
    ssize_t count = 0;
    while (unsent_.size() < kMaxUnsent && (count = nghttp2_session_mem_send(session_, &data)) > 0) {
      unsent_ += Text(data, static_cast<size_t>(count));
    }
    if (unsent_.empty()) return true;
    count = send(socket_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN;
    unsent_.erase(0, static_cast<size_t>(count));
  }
}

ScriptedServer::Request& ScriptedServer::RequestOf(int32_t stream) {
  const auto found = std::ranges::find(requests_, stream, &Request::stream);
  HILLOCK_CHECK(found != requests_.end());
  return *found;
}

void ScriptedServer::SubmitAnswer(int32_t stream, const std::string& http_status, Body body) {
  Body& kept = bodies_[stream] = std::move(body);
  nghttp2_data_provider provider{};
  provider.source.ptr = &kept;
  provider.read_callback = &Callbacks::NextData;
  const Fields fields{{":status", http_status}, {"content-type", "application/grpc"}};
  const auto headers = ToHeaders(fields);
  nghttp2_submit_response(session_, stream, headers.data(), headers.size(), &provider);
}

void ScriptedServer::Answer(int32_t stream, std::string body, Fields trailers,
                            const std::string& http_status) {
  SubmitAnswer(stream, http_status, {std::move(body), 0, std::move(trailers)});
}

void ScriptedServer::AnswerOk(int32_t stream, size_t message_bytes) {
  Answer(stream, Message(message_bytes), {{"grpc-status", "0"}});
}

void ScriptedServer::AnswerInPart(int32_t stream, std::string body) {
  SubmitAnswer(stream, "200", {std::move(body), 0, std::nullopt});
}

void ScriptedServer::AnswerTrailersOnly(int32_t stream, Fields fields) {
  const auto headers = ToHeaders(fields);
  nghttp2_submit_response(session_, stream, headers.data(), headers.size(), nullptr);
}

void ScriptedServer::Reset(int32_t stream, uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);
}

void ScriptedServer::GoAway(int32_t last_stream, uint32_t error) {
  const std::string why = "be back soon";
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream, error,
                        reinterpret_cast<const uint8_t*>(why.data()), why.size());
}

void ScriptedServer::LimitStreams(uint32_t most) {
  const nghttp2_settings_entry setting{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &setting, 1);
}

void ScriptedServer::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

}  // namespace hillock::transport
