// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/control_router.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "server/rpc/control/calls/message.h"
#include "server/rpc/control/calls/unary_call.h"
#include "server/rpc/control/control_services.h"
#include "server/rpc/control/reflection_call.h"

namespace hillock::rpc {
namespace {

enum class Where {
  kLoop,      // on the event loop: quick, and answered while the workers are busy
  kDescribe,  // on one of the workers
  kOrders,
  kWatch,  // the streams, on the loop
  kReflect,
};

template <class Service, class Request, class Response>
absl::StatusOr<std::string> Ask(const Service& service,
                                absl::Status (Service::*method)(const Request&, Response&) const,
                                std::string_view bytes) {
  Request request;
  HILLOCK_RETURN_IF_ERROR(ParseControlRequest(bytes, request));
  Response response;
  HILLOCK_RETURN_IF_ERROR((service.*method)(request, response));
  return response.SerializeAsString();
}

template <auto kMethod>
absl::StatusOr<std::string> Inference(const ControlServices& services, std::string_view request) {
  return Ask(services.inference, kMethod, request);
}

absl::StatusOr<std::string> Check(const ControlServices& services, std::string_view request) {
  return Ask(services.health, &HealthService::Check, request);
}

struct Method {
  std::string_view path;
  Where where;
  absl::StatusOr<std::string> (*answer)(const ControlServices&, std::string_view) = nullptr;
};

using I = InferenceService;

constexpr Method kMethods[] = {
    {"/inference.GRPCInferenceService/ServerLive", Where::kLoop, Inference<&I::ServerLive>},
    {"/inference.GRPCInferenceService/ServerReady", Where::kLoop, Inference<&I::ServerReady>},
    {"/inference.GRPCInferenceService/ModelReady", Where::kLoop, Inference<&I::ModelReady>},
    {"/inference.GRPCInferenceService/ServerMetadata", Where::kLoop, Inference<&I::ServerMetadata>},
    {"/inference.GRPCInferenceService/ModelMetadata", Where::kDescribe,
     Inference<&I::ModelMetadata>},
    {"/inference.GRPCInferenceService/ModelConfig", Where::kDescribe, Inference<&I::ModelConfig>},
    {"/inference.GRPCInferenceService/ModelStatistics", Where::kDescribe,
     Inference<&I::ModelStatistics>},
    {"/inference.GRPCInferenceService/RepositoryIndex", Where::kOrders,
     Inference<&I::RepositoryIndex>},
    {"/inference.GRPCInferenceService/RepositoryModelLoad", Where::kOrders,
     Inference<&I::RepositoryModelLoad>},
    {"/inference.GRPCInferenceService/RepositoryModelUnload", Where::kOrders,
     Inference<&I::RepositoryModelUnload>},
    {"/grpc.health.v1.Health/Check", Where::kLoop, Check},
    {"/grpc.health.v1.Health/Watch", Where::kWatch},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Where::kReflect},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Where::kReflect},
};

transport::Handler* OpenUnary(transport::Call& call, const Method& method,
                              ControlServices& services, Worker* worker) {
  const auto answer = [&method, &services](std::string_view request) {
    return method.answer(services, request);
  };
  return UnaryCall::Open(call, answer, worker);
}

}  // namespace

ControlRouter::ControlRouter(ControlServices& services)
    : services_(services), watchers_(services.health) {}

transport::Handler* ControlRouter::Open(transport::Call& call) {
  const Method* const method = std::ranges::find(kMethods, call.path(), &Method::path);
  if (method == std::end(kMethods)) return nullptr;
  switch (method->where) {
    case Where::kLoop:
      return OpenUnary(call, *method, services_, nullptr);
    case Where::kDescribe:
      return OpenUnary(call, *method, services_, &services_.describe);
    case Where::kOrders:
      return OpenUnary(call, *method, services_, &services_.orders);
    case Where::kWatch:
      return watchers_.Open(call);
    case Where::kReflect:
      return ReflectionCall::Open(call, services_.reflection);
  }
  return nullptr;
}

}  // namespace hillock::rpc
