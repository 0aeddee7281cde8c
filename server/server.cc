#include "server/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/exposer.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/clock.h"
#include "server/base/cpu.h"
#include "server/kernel/fallback.h"
#include "server/kernel/onednn.h"
#include "server/metrics/registry.h"
#include "server/model/repository.h"
#include "server/model_log.h"
#include "server/rpc/health_service.h"
#include "server/rpc/infer_call.h"
#include "server/rpc/inference_service.h"
#include "server/rpc/stream_call.h"
#include "server/serving/catalog_holder.h"
#include "server/serving/model_control.h"
#include "server/serving/model_manager.h"
#include "server/serving/reactor.h"
#include "server/version.h"

namespace hillock {
namespace {

// Calls a reactor keeps posted. gRPC looks through them at every completion, so more is not better.
constexpr size_t kPostedCalls = 32;
constexpr size_t kPostedStreams = 2;

// How long new requests are refused before connections are closed, and how long those may take to
// go.
constexpr auto kFarewell = std::chrono::milliseconds(100);

constexpr int kMaxConcurrentStreams = 1000;  // of a connection
constexpr int kKeepaliveMs = 60'000;         // finds peers that are gone
constexpr int kKeepaliveTimeoutMs = 20'000;

std::chrono::duration<double> Seconds(double seconds) {
  return std::chrono::duration<double>(seconds);
}

std::map<std::string, std::string> BuildLabels() {
  return {{"version", kVersion},
          {"onednn", kernel::onednn::Version()},
          {"grpc", grpc::Version()},
          {"isa", std::string(kernel::fallback::InstructionSet())}};
}

// "HOST:PORT" with the port that the system chose.
std::string WithPort(const std::string& address, int port) {
  const size_t colon = address.rfind(':');
  if (address.starts_with("unix:") || colon == std::string::npos) return address;
  return fmt::format("{}:{}", address.substr(0, colon), port);
}

void SetLimits(const Options& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  // With it a second server could listen on the same port and take half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams);
  // Admission and the batcher keep deadlines, and so does the client: gRPC's timer for each call
  // would only end it once more.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
}

Nanos LingerOf(const Options& options) {
  return FromSeconds(options.linger_seconds.value_or(CpuQuota() ? 0 : kLingerSeconds));
}

serving::Batcher::Options BatcherOptions(const Options& options, size_t reactor) {
  return {
      .reactor = reactor, .profile_every = options.profile_every, .limits = options.limits.queue};
}

engine::PlanOptions PlanOptionsOf(const model::ServingOptions& options) {
  return {.backend = options.backend,
          .allow_non_finite = options.allow_non_finite,
          .rewrite = options.rewrite,
          .precision = options.precision,
          .precision_tolerance = options.precision_tolerance};
}

}  // namespace

// In order of construction; what comes later uses what came before.
struct Server::Parts {
  Parts(const Options& given, model::Repository repository)
      : options(given),
        registry(std::make_shared<metrics::Registry>(options.reactors, BuildLabels())),
        manager(
            std::move(repository),
            [this](auto&&... args) { return Compile(std::forward<decltype(args)>(args)...); },
            catalogs, *registry, model_log),
        control(manager, commons, options.model_control, absl::Seconds(options.poll_seconds),
                [](const absl::Status& status) { spdlog::error("{}", status.ToString()); }),
        inference(catalogs, control, state, kVersion),
        health(catalogs, state) {}

  absl::Status LoadModels();
  absl::Status Expose();
  absl::Status Listen();
  void AwaitAnswers() const;
  absl::StatusOr<std::shared_ptr<serving::ServedModel>> Compile(
      const std::string& name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
      const model::ServingOptions& serving_options);

  const Options options;
  const std::shared_ptr<metrics::Registry> registry;  // the exposer holds it weakly
  serving::CatalogHolder catalogs;
  ModelLog model_log;
  serving::ModelManager manager;
  serving::Commons commons;
  serving::ModelControl control;
  rpc::ServerState state;
  rpc::InferenceService inference;
  rpc::HealthService health;
  std::vector<std::unique_ptr<serving::Reactor>> reactors;
  std::vector<std::unique_ptr<rpc::InferCalls>> calls;     // by reactor
  std::vector<std::unique_ptr<rpc::StreamCalls>> streams;  // by reactor
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<prometheus::Exposer> exposer;
  int port = 0;
};

absl::StatusOr<std::shared_ptr<serving::ServedModel>> Server::Parts::Compile(
    const std::string& name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
    const model::ServingOptions& serving_options) {
  return serving::ServedModel::Create(
      name, version, std::move(mlp),
      {.plan = PlanOptionsOf(serving_options), .limits = serving_options.limits}, options.reactors,
      *registry, Clock::Monotonic(), &Clock::ThreadCpu());
}

absl::Status Server::Parts::LoadModels() {
  HILLOCK_RETURN_IF_ERROR(control.LoadFirst(options.load_models));
  if (options.model_control == serving::ControlMode::kNone &&
      catalogs.Snapshot()->entries().empty()) {
    return absl::NotFoundError(
        fmt::format("repository '{}': has no model, want folders such as <name>/1/model.mlp or "
                    "<name>/1/model.onnx",
                    options.repository));
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::Expose() try {
  if (options.metrics_listen.empty()) return absl::OkStatus();
  exposer = std::make_unique<prometheus::Exposer>(options.metrics_listen);
  exposer->RegisterCollectable(registry);
  return absl::OkStatus();
} catch (const std::exception& error) {
  return absl::UnavailableError(
      fmt::format("metrics cannot listen on '{}' (port taken, or no such address?): {}",
                  options.metrics_listen, error.what()));
}

absl::Status Server::Parts::Listen() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&inference);
  builder.RegisterService(&health);
  for (size_t i = 0; i < options.reactors; ++i) {
    reactors.push_back(std::make_unique<serving::Reactor>(
        BatcherOptions(options, i), LingerOf(options), builder.AddCompletionQueue(), catalogs,
        commons, registry->reactor(i), Clock::Monotonic()));
    const rpc::Limits limits{options.max_message_bytes};
    calls.push_back(std::make_unique<rpc::InferCalls>(inference, *reactors.back(), limits));
    streams.push_back(std::make_unique<rpc::StreamCalls>(inference, *reactors.back(), limits));
  }
  server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(
        fmt::format("cannot listen on '{}': port taken, or no such address", options.listen));
  }
  for (const auto& posted : calls) posted->Open(kPostedCalls);
  for (const auto& posted : streams) posted->Open(kPostedStreams);
  for (const auto& reactor : reactors) reactor->Start();
  control.Start();
  return absl::OkStatus();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  Options resolved = options;
  if (resolved.reactors == 0) resolved.reactors = static_cast<size_t>(UsableCores());
  HILLOCK_ASSIGN_OR_RETURN(auto repository,
                           model::Repository::Open(options.repository, options.max_model_bytes,
                                                   {.backend = options.backend,
                                                    .rewrite = options.rewrite,
                                                    .precision = options.precision,
                                                    .limits = options.limits}));
  auto parts = std::make_unique<Parts>(resolved, std::move(repository));
  HILLOCK_RETURN_IF_ERROR(parts->LoadModels());
  HILLOCK_RETURN_IF_ERROR(parts->Expose());
  HILLOCK_RETURN_IF_ERROR(parts->Listen());
  parts->state.SetReady(true);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::Parts::AwaitAnswers() const {
  const auto deadline = std::chrono::steady_clock::now() + Seconds(options.drain_seconds);
  const auto busy = [](const auto& some) { return some->in_flight() > 0; };
  const auto in_flight = [this, &busy] {
    return std::ranges::any_of(calls, busy) || std::ranges::any_of(streams, busy);
  };
  while (in_flight() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Server::Drain() {
  parts_->state.SetReady(false);
  parts_->control.Stop();
  std::this_thread::sleep_for(Seconds(parts_->options.drain_wait_seconds));
  // gRPC cancels requests that arrive while it shuts down. Refused with UNAVAILABLE before that,
  // they can be retried elsewhere.
  parts_->catalogs.Publish(
      std::make_shared<const serving::Catalog>(parts_->catalogs.Snapshot()->Closed()));
  for (const auto& streams : parts_->streams) streams->Close();
  std::this_thread::sleep_for(kFarewell);
  parts_->AwaitAnswers();
  // What is left are connections whose clients may not be listening; gRPC would wait for them.
  parts_->server->Shutdown(std::chrono::system_clock::now() + kFarewell);
  for (const auto& reactor : parts_->reactors) reactor->Join();
}

std::string Server::address() const { return WithPort(parts_->options.listen, parts_->port); }

std::string Server::metrics_address() const {
  if (parts_->exposer == nullptr) return "";
  return WithPort(parts_->options.metrics_listen, parts_->exposer->GetListeningPorts().front());
}

size_t Server::served_models() const { return parts_->catalogs.Snapshot()->served_count(); }

size_t Server::unavailable_models() const {
  return parts_->catalogs.Snapshot()->entries().size() - served_models();
}

size_t Server::reactors() const { return parts_->reactors.size(); }

}  // namespace hillock
