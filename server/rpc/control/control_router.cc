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
  Right right;
  Where where;
  absl::StatusOr<std::string> (*answer)(const ControlServices&, std::string_view) = nullptr;
};

using I = InferenceService;
using enum Right;

constexpr Method kMethods[] = {
    {"/inference.GRPCInferenceService/ServerLive", kUse, Where::kLoop, Inference<&I::ServerLive>},
    {"/inference.GRPCInferenceService/ServerReady", kUse, Where::kLoop, Inference<&I::ServerReady>},
    {"/inference.GRPCInferenceService/ModelReady", kUse, Where::kLoop, Inference<&I::ModelReady>},
    {"/inference.GRPCInferenceService/ServerMetadata", kUse, Where::kLoop,
     Inference<&I::ServerMetadata>},
    {"/inference.GRPCInferenceService/ModelMetadata", kUse, Where::kDescribe,
     Inference<&I::ModelMetadata>},
    {"/inference.GRPCInferenceService/ModelConfig", kUse, Where::kDescribe,
     Inference<&I::ModelConfig>},
    {"/inference.GRPCInferenceService/ModelStatistics", kUse, Where::kDescribe,
     Inference<&I::ModelStatistics>},
    {"/inference.GRPCInferenceService/RepositoryIndex", kUse, Where::kOrders,
     Inference<&I::RepositoryIndex>},
    {"/inference.GRPCInferenceService/RepositoryModelLoad", kControl, Where::kOrders,
     Inference<&I::RepositoryModelLoad>},
    {"/inference.GRPCInferenceService/RepositoryModelUnload", kControl, Where::kOrders,
     Inference<&I::RepositoryModelUnload>},
    {"/grpc.health.v1.Health/Check", kNone, Where::kLoop, Check},
    {"/grpc.health.v1.Health/Watch", kNone, Where::kWatch},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", kUse, Where::kReflect},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kUse, Where::kReflect},
};

transport::Handler* OpenUnary(transport::Call& call, const Method& method,
                              ControlServices& services, Worker* worker) {
  const auto answer = [&method, &services](std::string_view request) {
    return method.answer(services, request);
  };
  return UnaryCall::Open(call, answer, worker);
}

}  // namespace

ControlRouter::ControlRouter(ControlServices& services, Access& access)
    : services_(services), access_(access), watchers_(services.health) {}

// Which methods there are is told to those alone who may use them.
transport::Handler* ControlRouter::Open(transport::Call& call) {
  const Method* const method = std::ranges::find(kMethods, call.path(), &Method::path);
  const bool known = method != std::end(kMethods);
  if (!access_.Admits(call, known ? method->right : kUse) || !known) return nullptr;
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
