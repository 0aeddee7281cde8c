// SPDX-License-Identifier: Apache-2.0
#include "server/rest/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "proto/inference.pb.h"
#include "server/rest/message_json.h"

namespace hillock::rest {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kRoot = "/v2";
constexpr int kUnavailable = 503;

// --- From a body to a message.

template <class Request>
absl::StatusOr<std::string> Empty(const Names&, std::string_view) {
  return Request().SerializeAsString();
}

template <class Request>
absl::StatusOr<std::string> OfModel(const Names& names, std::string_view) {
  Request request;
  request.set_name(names.model);
  request.set_version(names.version);
  return request.SerializeAsString();
}

// An object; an empty body counts as one.
absl::StatusOr<ordered_json> ObjectIn(std::string_view body) {
  if (body.empty()) return ordered_json::object();
  ordered_json json = ordered_json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return absl::InvalidArgumentError(
      fmt::format("got a body of {} bytes that is no JSON object, want one", body.size()));
}

absl::Status Wanted(std::string_view name, std::string_view want) {
  return absl::InvalidArgumentError(fmt::format("'{}': want {}", Excerpt(name), want));
}

absl::StatusOr<std::string> IndexRequest(const Names&, std::string_view body) {
  inference::RepositoryIndexRequest request;
  HILLOCK_ASSIGN_OR_RETURN(const ordered_json json, ObjectIn(body));
  if (const auto ready = json.find("ready"); ready != json.end()) {
    if (!ready->is_boolean()) return Wanted("ready", "true or false");
    request.set_ready(ready->get<bool>());
  }
  return request.SerializeAsString();
}

absl::Status SetParameter(const std::string& name, const ordered_json& value,
                          inference::ModelRepositoryParameter& parameter) {
  if (value.is_boolean()) {
    parameter.set_bool_param(value.get<bool>());
  } else if (value.is_number_integer()) {
    parameter.set_int64_param(value.get<int64_t>());
  } else if (value.is_string()) {
    parameter.set_string_param(value.get<std::string>());
  } else {
    return Wanted(name, "a string, a whole number, true or false");
  }
  return absl::OkStatus();
}

template <class Request>
absl::StatusOr<std::string> RepositoryRequest(const Names& names, std::string_view body) {
  Request request;
  request.set_model_name(names.model);
  HILLOCK_ASSIGN_OR_RETURN(const ordered_json json, ObjectIn(body));
  const auto parameters = json.find("parameters");
  if (parameters == json.end() || parameters->is_null()) return request.SerializeAsString();
  if (!parameters->is_object()) return Wanted("parameters", "an object");
  for (const auto& [name, value] : parameters->items()) {
    HILLOCK_RETURN_IF_ERROR(SetParameter(name, value, (*request.mutable_parameters())[name]));
  }
  return request.SerializeAsString();
}

// --- From a message to an answer.

Answer JsonAnswer(const ordered_json& json, int code = 200) {
  return {.code = code, .body = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace)};
}

template <class Response>
Response Read(std::string_view message) {
  Response response;
  HILLOCK_CHECK(response.ParseFromArray(message.data(), static_cast<int>(message.size())));
  return response;
}

template <class Response>
Answer Whole(const Names&, std::string_view message) {
  return JsonAnswer(MessageJson(Read<Response>(message)));
}

// The only field of the message.
template <class Response>
Answer Inner(const Names&, std::string_view message) {
  const Response response = Read<Response>(message);
  return JsonAnswer(FieldJson(response, *response.GetDescriptor()->field(0)));
}

// Probes go by the code alone.
Answer ServerReady(const Names&, std::string_view message) {
  const bool ready = Read<inference::ServerReadyResponse>(message).ready();
  return JsonAnswer({{"ready", ready}}, ready ? 200 : kUnavailable);
}

Answer ModelReady(const Names& names, std::string_view message) {
  const bool ready = Read<inference::ModelReadyResponse>(message).ready();
  return JsonAnswer({{"name", names.model}, {"ready", ready}}, ready ? 200 : kUnavailable);
}

Answer OpenApi(const Names&, std::string_view) { return {.body = std::string(kOpenApi)}; }

#define RPC(method) "/inference.GRPCInferenceService/" #method

// In this order: "stats" is no model.
constexpr Route kRoutes[] = {
    {"GET", "/v2/health/live", RPC(ServerLive), Empty<inference::ServerLiveRequest>,
     Whole<inference::ServerLiveResponse>},
    {"GET", "/v2/health/ready", RPC(ServerReady), Empty<inference::ServerReadyRequest>,
     ServerReady},
    {"GET", "/v2", RPC(ServerMetadata), Empty<inference::ServerMetadataRequest>,
     Whole<inference::ServerMetadataResponse>},
    {"GET", "/v2/openapi.json", "", Empty<inference::ServerLiveRequest>, OpenApi},
    {"GET", "/v2/models/stats", RPC(ModelStatistics), Empty<inference::ModelStatisticsRequest>,
     Whole<inference::ModelStatisticsResponse>},
    {"GET", "/v2/models/{model}", RPC(ModelMetadata), OfModel<inference::ModelMetadataRequest>,
     Whole<inference::ModelMetadataResponse>},
    {"GET", "/v2/models/{model}/ready", RPC(ModelReady), OfModel<inference::ModelReadyRequest>,
     ModelReady},
    {"GET", "/v2/models/{model}/config", RPC(ModelConfig), OfModel<inference::ModelConfigRequest>,
     Inner<inference::ModelConfigResponse>},
    {"GET", "/v2/models/{model}/stats", RPC(ModelStatistics),
     OfModel<inference::ModelStatisticsRequest>, Whole<inference::ModelStatisticsResponse>},
    {"POST", "/v2/models/{model}/infer", RPC(ModelInfer)},
    {"POST", "/v2/repository/index", RPC(RepositoryIndex), IndexRequest,
     Inner<inference::RepositoryIndexResponse>},
    {"POST", "/v2/repository/models/{model}/load", RPC(RepositoryModelLoad),
     RepositoryRequest<inference::RepositoryModelLoadRequest>,
     Whole<inference::RepositoryModelLoadResponse>},
    {"POST", "/v2/repository/models/{model}/unload", RPC(RepositoryModelUnload),
     RepositoryRequest<inference::RepositoryModelUnloadRequest>,
     Whole<inference::RepositoryModelUnloadResponse>},
};

#undef RPC

// --- Paths.

constexpr std::string_view kModel = "{model}";
constexpr std::string_view kVersions = "versions";

// Cuts off and returns the first segment. REQUIRES: `rest` begins with a slash.
std::string_view TakeSegment(std::string_view& rest) {
  const size_t end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

// None for a % that two hexadecimal digits do not follow, and for nothing.
std::optional<std::string> Decoded(std::string_view segment) {
  std::string text;
  while (!segment.empty()) {
    if (segment.front() != '%') {
      text += segment.front();
      segment.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = segment.substr(1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || end != segment.data() + 3) return std::nullopt;
    text += static_cast<char>(byte);
    segment.remove_prefix(3);
  }
  return text.empty() ? std::nullopt : std::optional(text);
}

bool TakeName(std::string_view& path, std::string& name) {
  if (path.empty()) return false;
  auto decoded = Decoded(TakeSegment(path));
  if (decoded) name = *std::move(decoded);
  return decoded.has_value();
}

// "/versions/{version}", if that comes.
bool TakeVersion(std::string_view& path, Names& names) {
  std::string_view rest = path;
  if (rest.empty() || TakeSegment(rest) != kVersions) return true;
  path = rest;
  return TakeName(path, names.version);
}

// Whether `path` is of that form, and the names in it: "/v2/models/{model}/infer", of which
// "/v2/models/{model}/versions/{version}/infer" is a form as well. %XX in names stands for a byte,
// and one slash may follow. None when it is of another form, or has an empty name.
//
// Loading and unloading are not for one version: the repository's models have none in their paths.
std::optional<Names> MatchPath(std::string_view form, std::string_view path) {
  Names names;
  const bool has_versions = form.starts_with("/v2/models/");
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  while (!form.empty()) {
    const std::string_view want = TakeSegment(form);
    if (want == kModel) {
      if (!TakeName(path, names.model)) return std::nullopt;
      if (has_versions && !TakeVersion(path, names)) return std::nullopt;
    } else if (path.empty() || TakeSegment(path) != want) {
      return std::nullopt;
    }
  }
  return path.empty() ? std::optional(std::move(names)) : std::nullopt;
}

}  // namespace

bool IsOurs(std::string_view first_bytes) {
  const std::string_view target =
      first_bytes.substr(std::min(first_bytes.find(' '), first_bytes.size() - 1) + 1);
  if (!target.starts_with(kRoot) || target.size() == kRoot.size()) return false;
  return std::string_view("/? ").find(target[kRoot.size()]) != std::string_view::npos;
}

Found FindRoute(std::string_view method, std::string_view path) {
  Found found;
  for (const Route& route : kRoutes) {
    std::optional<Names> names = MatchPath(route.path, path);
    if (!names) continue;
    const bool is_read = route.method == "GET";
    if (method == route.method || (is_read && method == "HEAD")) {
      return {.route = &route, .names = *std::move(names)};
    }
    if (found.allowed.empty()) found.allowed = is_read ? "GET, HEAD" : route.method;
  }
  return found;
}

}  // namespace hillock::rest
