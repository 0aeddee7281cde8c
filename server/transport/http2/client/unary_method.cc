// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/unary_method.h"

#include <utility>

#include "server/transport/http2/fields.h"

namespace hillock::transport {

UnaryMethod::UnaryMethod(std::string scheme, std::string authority, std::string path)
    : scheme_(std::move(scheme)),
      authority_(std::move(authority)),
      path_(std::move(path)),
      headers_{MakeStaticField(":method", "POST"),
               MakeStaticField(":scheme", scheme_),
               MakeStaticField(":path", path_),
               MakeStaticField(":authority", authority_),
               MakeStaticField("te", "trailers"),
               MakeStaticField("content-type", "application/grpc"),
               MakeStaticField("user-agent", "hillock")},
      read_buffer_(new char[kReadBytes]) {}

}  // namespace hillock::transport
