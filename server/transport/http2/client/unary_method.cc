// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/unary_method.h"

#include <utility>

#include "server/transport/http2/fields.h"

namespace hillock::transport {

UnaryMethod::UnaryMethod(std::string scheme, std::string authority, std::string path,
                         std::string authorization)
    : scheme_(std::move(scheme)),
      authority_(std::move(authority)),
      path_(std::move(path)),
      authorization_(std::move(authorization)),
      headers_{MakeStaticField(":method", "POST"),
               MakeStaticField(":scheme", scheme_),
               MakeStaticField(":path", path_),
               MakeStaticField(":authority", authority_),
               MakeStaticField("te", "trailers"),
               MakeStaticField("content-type", "application/grpc"),
               MakeStaticField("user-agent", "hillock")},
      read_buffer_(new char[kReadBytes]) {
  if (!authorization_.empty()) {
    headers_.push_back(MakeStaticField("authorization", authorization_));
  }
}

}  // namespace hillock::transport
