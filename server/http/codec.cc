// SPDX-License-Identifier: Apache-2.0
#include "server/http/codec.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

#include "server/http/accept.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/compression.h"

namespace hillock::http {
namespace {

// Smaller bodies fit one packet as they are.
constexpr size_t kCompressFrom = 1024;

constexpr char kMethods[] = "GET, HEAD";

// A request in memory, and what is written in answer to it. Releases of the library differ in which
// of these functions they have, so that none is marked as an override.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view request) : request_(request) {}

  bool is_readable() const { return !request_.empty(); }
  bool wait_readable() const { return is_readable(); }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t read(char* to, size_t size) {
    const size_t count = request_.copy(to, size);
    request_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) {
    answer_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return 0; }
  time_t duration() const { return 0; }

  std::string TakeAnswer() { return std::move(answer_); }

 private:
  std::string_view request_;
  std::string answer_;
};

bool HasBody(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          request.get_header_value("Content-Length") != "0");
}

void Compress(httplib::Response& response) {
  transport::Buffer compressed;
  transport::Gzip(response.body, compressed);
  response.body = std::string(compressed.view());
  response.set_header("Content-Encoding", "gzip");
}

void SetText(httplib::Response& response, int status, std::string text) {
  response.status = status;
  response.body = std::move(text);
  response.set_header("Content-Type", kPlainText);
}

}  // namespace

// The library routes by regular expressions and may read bodies. Both come after the pre-routing
// handler, which here answers everything.
class Codec::Library final : public httplib::Server {
 public:
  explicit Library(http::Handler handler) : handler_(std::move(handler)) {
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Respond(request, response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& response) { FinishHeaders(response); });
    set_error_handler(HandlerWithResponse(Explain));
    set_exception_handler([](const httplib::Request&, httplib::Response& response,
                             std::exception_ptr) { SetText(response, 500, "internal error\n"); });
  }

  Answer Handle(std::string_view head) {
    MemoryStream stream(head);
    accept_encoding_.clear();
    is_sound_ = has_body_ = closes_ = false;
    const bool sent = Process(&Library::process_request, stream);
    return {stream.TakeAnswer(), !sent || is_last()};
  }

 private:
  using Prepare = std::function<void(httplib::Request&)>;

  // By release: up to 0.15, and after it.
  bool Process(bool (httplib::Server::*process)(httplib::Stream&, bool, bool&, const Prepare&),
               MemoryStream& stream) {
    return (this->*process)(stream, false, closes_, Preparation());
  }
  bool Process(bool (httplib::Server::*process)(httplib::Stream&, const std::string&, int,
                                                const std::string&, int, bool, bool&,
                                                const Prepare&),
               MemoryStream& stream) {
    return (this->*process)(stream, "", 0, "", 0, false, closes_, Preparation());
  }

  // Runs once a request is parsed. The library would compress by its own choice, at a level that
  // takes ten times as long, and cut out ranges.
  Prepare Preparation() {
    return [this](httplib::Request& request) {
      is_sound_ = true;
      has_body_ = HasBody(request);
      accept_encoding_ = request.get_header_value("Accept-Encoding");
      request.headers.erase("Accept-Encoding");
      request.ranges.clear();
    };
  }

  void Respond(const httplib::Request& request, httplib::Response& response) {
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", kMethods);
      return SetText(response, 405, fmt::format("got {}, want {}\n", request.method, kMethods));
    }
    Response answer = handler_({request.path, request.get_header_value("Accept")});
    response.status = answer.status;
    response.body = std::move(answer.body);
    response.set_header("Content-Type", answer.content_type);
    if (response.body.size() < kCompressFrom) return;
    response.set_header("Vary", "Accept-Encoding");
    if (Quality(accept_encoding_, "gzip") > 0) Compress(response);
  }

  // The library's own errors have no body.
  static HandlerResponse Explain(const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) SetText(response, response.status, "want a request of HTTP/1.1\n");
    return HandlerResponse::Handled;
  }

  void FinishHeaders(httplib::Response& response) const {
    response.headers.erase("Keep-Alive");
    response.headers.erase("Accept-Ranges");
    response.headers.erase("Connection");
    if (is_last()) response.set_header("Connection", "close");
  }

  bool is_last() const { return !is_sound_ || has_body_ || closes_; }

  const http::Handler handler_;

  // Of the request at hand.
  std::string accept_encoding_;
  bool is_sound_ = false;  // it is HTTP
  bool has_body_ = false;
  bool closes_ = false;  // the client wants no more
};

Codec::Codec(Handler handler) : library_(std::make_unique<Library>(std::move(handler))) {}

Codec::~Codec() = default;

Answer Codec::Handle(std::string_view head) { return library_->Handle(head); }

Answer Codec::Refuse(std::string_view status, std::string_view reason) {
  return {fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
                      "Connection: close\r\n\r\n{}",
                      status, kPlainText, reason.size(), reason),
          true};
}

}  // namespace hillock::http
