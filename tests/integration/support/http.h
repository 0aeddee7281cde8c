// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_

#include <string>
#include <string_view>

namespace hillock::testing {

struct HttpAnswer {
  int status = 0;      // 0 when there was no answer
  std::string head{};  // its lines, each with its end
  std::string body{};
};

// GET of `path` at `address`, an IPv4 HOST:PORT.
HttpAnswer HttpGet(const std::string& address, const std::string& path);

// A connection of HTTP/1.1 that is kept for further requests.
class HttpConnection {
 public:
  explicit HttpConnection(const std::string& address);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False when the connection is closed.
  bool Send(std::string_view bytes);

  // The next answer, which must have a Content-Length; status 0 when the connection ends before it.
  HttpAnswer Receive();

  // `headers`: each with the end of its line.
  HttpAnswer Get(const std::string& path, const std::string& headers = "");
  HttpAnswer Post(const std::string& path, const std::string& body,
                  const std::string& headers = "");

 private:
  bool ReceiveMore();

  const int socket_;
  std::string received_;
};

// A listening socket on a loopback port of its own; nobody answers there.
class TakenPort {
 public:
  TakenPort();
  ~TakenPort();
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  const std::string& address() const { return address_; }

 private:
  int socket_ = -1;
  std::string address_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_HTTP_H_
