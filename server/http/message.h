// SPDX-License-Identifier: Apache-2.0

// HTTP as handlers see it.

#ifndef HILLOCK_SERVER_HTTP_MESSAGE_H_
#define HILLOCK_SERVER_HTTP_MESSAGE_H_

#include <functional>
#include <string>

namespace hillock::http {

inline constexpr char kPlainText[] = "text/plain; charset=utf-8";

// A GET or HEAD, which a handler answers alike.
struct Request {
  std::string path;    // without the query
  std::string accept;  // the header; empty when there is none
};

struct Response {
  int status = 200;
  std::string content_type = kPlainText;
  std::string body;
};

// Answers one request, without waiting for anything.
using Handler = std::function<Response(const Request&)>;

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_MESSAGE_H_
