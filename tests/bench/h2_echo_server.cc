// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/h2_echo_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/inference.pb.h"
#include "server/core/base/status.h"

namespace hillock::bench {
namespace {

constexpr size_t kPrefix = 5;

nghttp2_nv Field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

struct EchoStream {
  std::string request;
  std::string answer;
  size_t sent = 0;
};

class EchoConnection {
 public:
  EchoConnection(int socket, size_t floats) : socket_(socket), floats_(floats) {
    nghttp2_session_callbacks* callbacks = nullptr;
    HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Closed);
    HILLOCK_CHECK(nghttp2_session_server_new(&session_, callbacks, this) == 0);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 22}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 26);
  }

  ~EchoConnection() {
    nghttp2_session_del(session_);
    close(socket_);
  }

  // False when the connection is over.
  bool Read() {
    static std::array<uint8_t, size_t{1} << 18> buffer;
    const ssize_t size = read(socket_, buffer.data(), buffer.size());
    if (size <= 0) return size < 0 && errno == EAGAIN;
    return nghttp2_session_mem_recv(session_, buffer.data(), static_cast<size_t>(size)) >= 0;
  }

  void AnswerAll() {
    for (const int32_t id : complete_) Answer(id);
    complete_.clear();
    const uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      out_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    const ssize_t sent = write(socket_, out_.data(), out_.size());
    if (sent > 0) out_.erase(0, static_cast<size_t>(sent));
  }

 private:
  static EchoConnection& Of(void* user) { return *static_cast<EchoConnection*>(user); }

  static int Data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                  void* user) {
    Of(user).streams_[id].request.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int Frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && frame->hd.type == NGHTTP2_DATA) {
      Of(user).complete_.push_back(frame->hd.stream_id);
    }
    return 0;
  }

  static int Closed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    Of(user).streams_.erase(id);
    return 0;
  }

  static ssize_t Provide(nghttp2_session* session, int32_t id, uint8_t* to, size_t size,
                         uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<EchoStream*>(source->ptr);
    const size_t some = std::min(size, stream.answer.size() - stream.sent);
    std::memcpy(to, stream.answer.data() + stream.sent, some);
    stream.sent += some;
    if (stream.sent == stream.answer.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      static const nghttp2_nv trailer = Field("grpc-status", "0");
      nghttp2_submit_trailer(session, id, &trailer, 1);
    }
    return static_cast<ssize_t>(some);
  }

  void Answer(int32_t id) {
    EchoStream& stream = streams_[id];
    static inference::ModelInferRequest request;
    static inference::ModelInferResponse response;
    request.Clear();
    response.Clear();
    HILLOCK_CHECK(request.ParseFromArray(stream.request.data() + kPrefix,
                                         static_cast<int>(stream.request.size() - kPrefix)));
    response.set_model_name(request.model_name());
    response.set_model_version("1");
    response.set_id(request.id());
    auto& output = *response.add_outputs();
    output.set_name("output");
    output.set_datatype("FP32");
    output.add_shape(1);
    output.add_shape(static_cast<int64_t>(floats_));
    response.add_raw_output_contents()->resize(floats_ * sizeof(float));
    const size_t size = response.ByteSizeLong();
    stream.answer.resize(kPrefix + size);
    for (size_t i = 1; i < kPrefix; ++i) {
      stream.answer[i] = static_cast<char>(size >> (8 * (kPrefix - 1 - i)));
    }
    response.SerializeToArray(stream.answer.data() + kPrefix, static_cast<int>(size));
    static const nghttp2_nv headers[] = {Field(":status", "200"),
                                         Field("content-type", "application/grpc")};
    nghttp2_data_provider source{};
    source.source.ptr = &stream;
    source.read_callback = Provide;
    nghttp2_submit_response(session_, id, headers, std::size(headers), &source);
  }

  const int socket_;
  const size_t floats_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, EchoStream> streams_;
  std::vector<int32_t> complete_;
  std::string out_;
};

int ListenOnAnyPort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  HILLOCK_CHECK(bind(listener, any, size) == 0 && listen(listener, 128) == 0);
  HILLOCK_CHECK(getsockname(listener, any, &size) == 0);
  std::printf("127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void Watch(int epoll, int descriptor, void* what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = what;
  HILLOCK_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

}  // namespace

void ServeH2Echo(size_t floats, bool polls) {
  const int listener = ListenOnAnyPort();
  const int epoll = epoll_create1(0);
  Watch(epoll, listener, nullptr);
  std::array<epoll_event, 256> events;
  std::vector<std::unique_ptr<EchoConnection>> connections;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), polls ? 0 : -1);
    std::vector<EchoConnection*> ready;
    for (int i = 0; i < count; ++i) {
      auto* const connection =
          static_cast<EchoConnection*>(events[static_cast<size_t>(i)].data.ptr);
      if (connection != nullptr) {
        if (connection->Read()) {
          ready.push_back(connection);
        } else {
          std::erase_if(connections, [&](const auto& c) { return c.get() == connection; });
        }
        continue;
      }
      const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      const int one = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
      connections.push_back(std::make_unique<EchoConnection>(socket, floats));
      Watch(epoll, socket, connections.back().get());
      ready.push_back(connections.back().get());
    }
    for (EchoConnection* const connection : ready) connection->AnswerAll();
  }
}

}  // namespace hillock::bench
