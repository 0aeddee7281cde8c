// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_ELSEWHERE_H_
#define HILLOCK_SERVER_HTTP_ELSEWHERE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/transport/net/byte_stream.h"

namespace hillock::http {

// Who serves what the pages do not, such as inference, on threads of its own.
struct Elsewhere {
  // Whether a request with these first bytes is served there; false as long as they are too few to
  // tell. Null: nothing is.
  bool (*serves)(std::string_view first_bytes) = nullptr;

  // Takes the client's connection, of which so much has been read.
  std::function<void(std::unique_ptr<transport::ByteStream>, std::string)> take{};
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_ELSEWHERE_H_
