// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire/h2_peer.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

nghttp2_nv Field(const std::string& name, const std::string& value) {
  auto* const n = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  auto* const v = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  return {n, v, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct H2PeerCallbacks {
  static H2Peer& Of(void* user) { return *static_cast<H2Peer*>(user); }

  static ssize_t Read(nghttp2_session*, int32_t stream, uint8_t* to, size_t size, uint32_t* flags,
                      nghttp2_data_source*, void* user) {
    H2Peer::Body& body = Of(user).bodies_[stream];
    const size_t some = std::min(size, body.data.size());
    std::memcpy(to, body.data.data(), some);
    body.data.erase(0, some);
    if (body.data.empty() && body.end) *flags |= NGHTTP2_DATA_FLAG_EOF;
    body.deferred = some == 0 && !body.end;
    return body.deferred ? ssize_t{NGHTTP2_ERR_DEFERRED} : static_cast<ssize_t>(some);
  }

  static int Header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                    void* user) {
    H2Answer& answer = Of(user).answers_[frame->hd.stream_id];
    Headers& to = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? answer.headers : answer.trailers;
    to.emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                    std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }

  static int Data(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                  void* user) {
    Of(user).answers_[stream].data.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int Frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Peer& peer = Of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      peer.goaways_.push_back(frame->goaway.last_stream_id);
      peer.goaway_code_ = frame->goaway.error_code;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      peer.answers_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    } else if (frame->hd.type == NGHTTP2_PING) {
      ++((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 ? peer.pings_ : peer.pongs_);
    }
    return 0;
  }

  static int Invalid(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    ++Of(user).faults_;
    return 0;
  }

  static int Closed(nghttp2_session*, int32_t stream, uint32_t, void* user) {
    Of(user).answers_[stream].closed = true;
    return 0;
  }
};

std::string H2Answer::Value(std::string_view name) const {
  for (const Headers* list : {&headers, &trailers}) {
    for (const auto& [key, value] : *list) {
      if (key == name) return value;
    }
  }
  return "";
}

H2Peer::H2Peer(Descriptor socket, int32_t window) : socket_(std::move(socket)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, H2PeerCallbacks::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, H2PeerCallbacks::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, H2PeerCallbacks::Frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, H2PeerCallbacks::Invalid);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, H2PeerCallbacks::Closed);
  nghttp2_option* options = nullptr;
  HILLOCK_CHECK(nghttp2_option_new(&options) == 0);
  nghttp2_option_set_no_auto_window_update(options, 1);
  HILLOCK_CHECK(nghttp2_session_client_new2(&session_, callbacks, this, options) == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                           static_cast<uint32_t>(window)};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &settings, 1);
}

H2Peer::~H2Peer() { nghttp2_session_del(session_); }

int32_t H2Peer::Start(const std::string& path, const Headers& headers) {
  Headers all = {{":method", "POST"},
                 {":scheme", "http"},
                 {":authority", "test"},
                 {":path", path},
                 {"content-type", "application/grpc"},
                 {"te", "trailers"}};
  for (const auto& [name, value] : headers) {
    const auto it = std::ranges::find(all, name, &Headers::value_type::first);
    if (it == all.end()) {
      all.emplace_back(name, value);
    } else {
      it->second = value;
    }
  }
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : all) fields.push_back(Field(name, value));
  nghttp2_data_provider body{};
  body.read_callback = H2PeerCallbacks::Read;
  const int32_t stream =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &body, nullptr);
  HILLOCK_CHECK(stream > 0);
  return stream;
}

void H2Peer::Send(int32_t stream, std::string data, bool end) {
  Body& body = bodies_[stream];
  body.data += data;
  body.end = end;
  if (body.deferred) nghttp2_session_resume_data(session_, stream);
}

void H2Peer::Reset(int32_t stream, uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
}

void H2Peer::OpenWindow(int32_t stream, int32_t bytes) {
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, stream, bytes);
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, 0, bytes);
}

void H2Peer::SetInitialWindow(uint32_t bytes) {
  const nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &settings, 1);
}

void H2Peer::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void H2Peer::GoAway() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
}

void H2Peer::SendRaw(std::string_view bytes) { out_ += bytes; }

bool H2Peer::Pump() {
  out_ = TakeBytes();
  bool moved = false;
  const ssize_t sent = send(socket_.get(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) {
    out_.erase(0, static_cast<size_t>(sent));
    moved = true;
  }
  std::array<char, 65536> in;
  const ssize_t size = recv(socket_.get(), in.data(), in.size(), MSG_DONTWAIT);
  if (size == 0) closed_ = true;
  if (size <= 0) return moved;
  if (!silent_) GiveBytes({in.data(), static_cast<size_t>(size)});
  return true;
}

std::string H2Peer::TakeBytes() {
  const uint8_t* data = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
    out_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  return std::exchange(out_, {});
}

void H2Peer::GiveBytes(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (nghttp2_session_mem_recv(session_, data, bytes.size()) < 0) ++faults_;
}

std::string Framed(std::string_view message, char flag) {
  std::string framed(5, flag);
  for (size_t i = 0; i < 4; ++i) framed[1 + i] = static_cast<char>(message.size() >> (24 - 8 * i));
  return framed.append(message);
}

}  // namespace hillock::testing
