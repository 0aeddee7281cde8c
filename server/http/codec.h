// SPDX-License-Identifier: Apache-2.0

// The only header that knows of cpp-httplib, which its source alone includes.

#ifndef HILLOCK_SERVER_HTTP_CODEC_H_
#define HILLOCK_SERVER_HTTP_CODEC_H_

#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace hillock::http {

// The bytes of an answer.
struct Answer {
  std::string bytes;
  bool last = true;  // the connection is closed after it
};

// Reads HTTP/1.1 requests and writes their answers, with cpp-httplib's parser and writer over bytes
// in memory: it touches no socket and never waits. Methods other than GET and HEAD, and whatever is
// no HTTP, get an error that says what is wanted. Bodies are compressed for clients that ask for
// gzip. Not thread-safe.
class Codec {
 public:
  explicit Codec(Handler handler);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // `head`: the request line and the headers, up to the empty line. Nothing of a body is read, so
  // that the answer to a request that has one is the last.
  Answer Handle(std::string_view head);

  // An error for what is not worth parsing, such as "400 Bad Request".
  static Answer Refuse(std::string_view status, std::string_view reason);

 private:
  class Library;
  const std::unique_ptr<Library> library_;
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_CODEC_H_
