// SPDX-License-Identifier: Apache-2.0

// Which method of gRPC a request is for, and what becomes of its message and its answer.

#ifndef HILLOCK_SERVER_REST_ROUTES_H_
#define HILLOCK_SERVER_REST_ROUTES_H_

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/rest/answer.h"

namespace hillock::rest {

// What the path says.
struct Names {
  std::string model;
  std::string version;  // empty: the highest served
};

struct Route {
  std::string_view method;  // GET, which HEAD is taken for, or POST
  std::string_view path;    // {model} and {version} stand for one segment each
  std::string_view rpc;     // "/package.Service/Method"; empty: the OpenAPI document

  // The bytes of the message; null for ModelInfer, see infer_request.h. INVALID_ARGUMENT for a body
  // that is not the JSON that is wanted. An empty body is one without members.
  absl::StatusOr<std::string> (*message)(const Names& names, std::string_view body) = nullptr;

  // The answer to that message; null for ModelInfer.
  Answer (*answer)(const Names& names, std::string_view message) = nullptr;

  bool infers() const { return !rpc.empty() && message == nullptr; }
};

struct Found {
  const Route* route = nullptr;  // null: there is none
  Names names;
  std::string allowed{};  // without a route: the methods that the path has; empty: no such path
};

// Whether a request with these first bytes is for this layer: one for /v2 and what is below it.
bool IsOurs(std::string_view first_bytes);

// `path` is as it was sent, without the query.
Found FindRoute(std::string_view method, std::string_view path);

// The OpenAPI document of all this.
extern const std::string_view kOpenApi;

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_ROUTES_H_
