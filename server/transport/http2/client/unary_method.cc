// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/unary_method.h"

#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/fields.h"

namespace hillock::transport {

UnaryMethod::UnaryMethod(std::string scheme, std::string authority, std::string path,
                         Metadata metadata)
    : scheme_(std::move(scheme)),
      authority_(std::move(authority)),
      path_(std::move(path)),
      metadata_(std::move(metadata)),
      headers_{MakeStaticField(":method", "POST"),
               MakeStaticField(":scheme", scheme_),
               MakeStaticField(":path", path_),
               MakeStaticField(":authority", authority_),
               MakeStaticField("te", "trailers"),
               MakeStaticField("content-type", "application/grpc"),
               MakeStaticField("user-agent", "hillock")},
      read_buffer_(new char[kReadBytes]) {
  HILLOCK_CHECK(metadata_.size() <= kMaxMetadata);
  for (const auto& [name, value] : metadata_) headers_.push_back(MakeStaticField(name, value));
}

}  // namespace hillock::transport
