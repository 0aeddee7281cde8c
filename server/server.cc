// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2ver.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/cpu.h"
#include "server/core/base/memory.h"
#include "server/core/base/version.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "server/core/repository/repository.h"
#include "server/housekeeping.h"
#include "server/http/http_server.h"
#include "server/http/pages.h"
#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_compiler.h"
#include "server/lifecycle/model_control.h"
#include "server/lifecycle/model_manager.h"
#include "server/metrics/registry.h"
#include "server/model_log.h"
#include "server/rpc/access/access.h"
#include "server/rpc/control/control_services.h"
#include "server/rpc/inference/frontend.h"
#include "server/scheduling/reactor.h"
#include "server/token_keeper.h"
#include "server/transport/net/acceptor.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/listener.h"

namespace hillock {
namespace {

std::chrono::duration<double> Seconds(double seconds) {
  return std::chrono::duration<double>(seconds);
}

std::map<std::string, std::string> BuildLabels() {
  return {{"version", kVersion},
          {"onednn", kernel::onednn::Version()},
          {"nghttp2", NGHTTP2_VERSION},
          {"isa", std::string(kernel::fallback::InstructionSet())}};
}

Nanos BusyPollOf(const Options& options) {
  return FromSeconds(options.busy_poll_seconds.value_or(CpuQuota() ? 0 : kBusyPollSeconds));
}

scheduling::Batcher::Options BatcherOptions(const Options& options, size_t reactor) {
  return {
      .reactor = reactor, .profile_every = options.profile_every, .limits = options.limits.queue};
}

transport::Endpoint::Options EndpointOptions(const Options& options) {
  return {.max_message_bytes = options.max_message_bytes,
          .max_connection_bytes = std::max(transport::Endpoint::Options().max_connection_bytes,
                                           2 * options.max_message_bytes),
          .max_connection_age = FromSeconds(options.max_connection_age_seconds)};
}

}  // namespace

// The composition. In order of construction: each part may refer to those above it. Nothing is torn
// down in a running process, since Drain() ends it.
struct Server::Parts {
  Parts(const Options& given, repository::Repository repository)
      : options(given),
        registry(std::make_unique<metrics::Registry>(options.reactors, BuildLabels())),
        compiler(options.reactors, *registry, Clock::Monotonic(), &Clock::ThreadCpu(),
                 stop.get_token()),
        manager(std::move(repository), compiler, catalogs, *registry, model_log, stop.get_token()),
        control(
            manager, [this] { return !shared_work.HasIdleCore(); }, options.model_control,
            absl::Seconds(options.poll_seconds),
            [](const absl::Status& status) { spdlog::error("{}", status.ToString()); }),
        services(catalogs, control, state, kVersion),
        budget(options.max_memory_bytes) {}

  absl::Status LoadModels();
  absl::Status Secure();
  absl::Status ServeHttp();
  absl::Status Listen();
  rpc::AccessRules Rules() const;
  void Begin();
  metrics::Registry::ServerReadings ReadServer() const;
  void BeginToAccept(std::unique_ptr<transport::Listener> from, transport::Entrance entrance);
  void Take(Descriptor connection, transport::Entrance entrance);
  size_t Connections() const;
  void AwaitConnections() const;

  const Options options;
  const std::unique_ptr<metrics::Registry> registry;
  lifecycle::CatalogHolder catalogs;
  ModelLog model_log;
  std::stop_source stop;  // of the loading of models
  lifecycle::ModelCompiler compiler;
  lifecycle::ModelManager manager;
  scheduling::SharedWorkQueue shared_work;
  lifecycle::ModelControl control;
  rpc::ServerState state;
  rpc::ControlServices services;
  transport::MemoryBudget budget;
  std::unique_ptr<TlsKeeper> tls;       // none without TLS
  std::unique_ptr<TokenKeeper> tokens;  // none when anybody may call
  std::vector<std::unique_ptr<scheduling::Reactor>> reactors;
  std::vector<std::unique_ptr<rpc::Frontend>> frontends;        // by reactor
  std::unique_ptr<transport::Listener> listener;                // until Begin()
  std::unique_ptr<transport::Listener> control_listener;        // the same; none without its option
  std::vector<std::unique_ptr<transport::Acceptor>> acceptors;  // on the first reactor
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<http::HttpServer> http;
  std::string address;
  std::string control_address;
};

absl::Status Server::Parts::LoadModels() {
  HILLOCK_RETURN_IF_ERROR(control.LoadFirst(options.load_models));
  if (options.model_control == lifecycle::ControlMode::kNone &&
      catalogs.Snapshot()->entries().empty()) {
    return absl::NotFoundError(
        fmt::format("repository '{}': has no model, want folders such as <name>/1/model.mlp or "
                    "<name>/1/model.onnx",
                    options.repository));
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::Secure() {
  if (!options.tls_cert.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(
        tls, TlsKeeper::Open({options.tls_cert, options.tls_key, options.tls_client_ca}));
  }
  if (!options.auth_tokens.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(tokens, TokenKeeper::Open(options.auth_tokens, *registry));
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::ServeHttp() {
  if (!options.http_address) return absl::OkStatus();
  auto pages = http::Pages(*registry, catalogs, [this] { return state.ready(); });
  auto server = http::HttpServer::Start(*options.http_address, std::move(pages));
  if (!server.ok()) return Annotate(server.status(), "HTTP port");
  http = *std::move(server);
  return absl::OkStatus();
}

absl::Status Server::Parts::Listen() {
  HILLOCK_ASSIGN_OR_RETURN(listener, transport::Listener::Open(options.listen_address));
  address = listener->address().ToString();
  if (!options.control_address) return absl::OkStatus();
  HILLOCK_ASSIGN_OR_RETURN(control_listener, transport::Listener::Open(*options.control_address));
  control_address = control_listener->address().ToString();
  return absl::OkStatus();
}

rpc::AccessRules Server::Parts::Rules() const {
  return {.tokens = tokens == nullptr ? nullptr : &tokens->tokens(),
          .has_control_listener = options.control_address.has_value()};
}

// Frontends share connections, so all exist before any reactor starts. The acceptors are on the
// first reactor's loop and come before the start too: after it, a loop may be used by its thread
// alone.
void Server::Parts::Begin() {
  for (size_t i = 0; i < options.reactors; ++i) {
    reactors.push_back(std::make_unique<scheduling::Reactor>(
        BatcherOptions(options, i), BusyPollOf(options), catalogs, shared_work,
        registry->reactor(i), Clock::Monotonic()));
    frontends.push_back(std::make_unique<rpc::Frontend>(*reactors.back(), services, Rules(), budget,
                                                        EndpointOptions(options)));
  }
  for (const auto& frontend : frontends) frontend->ShareWith(frontends);
  registry->ReadServerWith([this] { return ReadServer(); });
  BeginToAccept(std::move(listener), transport::Entrance::kPublic);
  if (control_listener != nullptr) {
    BeginToAccept(std::move(control_listener), transport::Entrance::kControl);
  }
  for (const auto& reactor : reactors) reactor->Start();
  control.Start();
  housekeeping =
      std::make_unique<Housekeeping>(budget, options.max_memory_bytes, tls.get(), tokens.get());
}

void Server::Parts::BeginToAccept(std::unique_ptr<transport::Listener> from,
                                  transport::Entrance entrance) {
  acceptors.push_back(std::make_unique<transport::Acceptor>(
      reactors.front()->loop(), std::move(from),
      [this, entrance](Descriptor connection) { Take(std::move(connection), entrance); }));
}

metrics::Registry::ServerReadings Server::Parts::ReadServer() const {
  metrics::Registry::ServerReadings readings;
  for (const auto& frontend : frontends) {
    readings.reactors.push_back({frontend->connections(), frontend->calls()});
  }
  readings.buffered_bytes = budget.taken();
  readings.buffered_limit_bytes = budget.limit();
  readings.memory_limit_bytes = options.max_memory_bytes;
  if (tls != nullptr) readings.certificate_expiry = tls->Current()->certificate_expiry();
  return readings;
}

size_t Server::Parts::Connections() const {
  size_t connections = 0;
  for (const auto& frontend : frontends) connections += frontend->connections();
  return connections;
}

// Gives a connection to the reactor that has the fewest. One too many is closed, unless it may be
// an operator's.
void Server::Parts::Take(Descriptor connection, transport::Entrance entrance) {
  const bool limited = options.max_connections > 0 && entrance == transport::Entrance::kPublic;
  if (limited && Connections() >= options.max_connections) return;
  const auto& frontend = *std::ranges::min_element(
      frontends, {}, [](const auto& candidate) { return candidate->connections(); });
  frontend->Adopt(tls != nullptr ? tls->Current()->Accept(std::move(connection))
                                 : std::make_unique<transport::SocketStream>(std::move(connection)),
                  entrance);
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

// What can be wrong with the options is found before models are loaded, which may take long.
absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  Options resolved = options;
  if (resolved.reactors == 0) resolved.reactors = static_cast<size_t>(UsableCores());
  if (resolved.max_memory_bytes == 0) resolved.max_memory_bytes = MemoryLimit();
  HILLOCK_ASSIGN_OR_RETURN(
      auto repository,
      repository::Repository::Open(options.repository, options.max_model_bytes,
                                   {.compute = options.compute, .limits = options.limits}));
  auto parts = std::make_unique<Parts>(resolved, std::move(repository));
  HILLOCK_RETURN_IF_ERROR(parts->Secure());
  HILLOCK_RETURN_IF_ERROR(parts->ServeHttp());
  HILLOCK_RETURN_IF_ERROR(parts->LoadModels());
  HILLOCK_RETURN_IF_ERROR(parts->Listen());
  parts->Begin();
  parts->state.SetReady(true);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::Parts::AwaitConnections() const {
  const auto deadline = std::chrono::steady_clock::now() + Seconds(options.drain_seconds);
  while (Connections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Server::Drain() {
  Parts& parts = *parts_;
  parts.state.SetReady(false);
  for (const auto& frontend : parts.frontends) frontend->UpdateWatchers();
  parts.stop.request_stop();
  // A model that is being loaded may take longer than the drain, which does not wait for it.
  std::thread([&parts] {
    parts.control.Stop();
    parts.services.Stop();
  }).detach();
  std::this_thread::sleep_for(Seconds(parts.options.drain_wait_seconds));
  parts.reactors.front()->loop().Post([&parts] {
    for (const auto& acceptor : parts.acceptors) acceptor->Close();
  });
  for (const auto& frontend : parts.frontends) frontend->Drain();
  parts.AwaitConnections();
  parts.http.reset();
}

std::string Server::address() const { return parts_->address; }

std::string Server::control_address() const { return parts_->control_address; }

std::string Server::http_address() const {
  return parts_->http == nullptr ? "" : parts_->http->address().ToString();
}

size_t Server::served_models() const { return parts_->catalogs.Snapshot()->served_count(); }

size_t Server::unavailable_models() const {
  return parts_->catalogs.Snapshot()->entries().size() - served_models();
}

size_t Server::reactors() const { return parts_->reactors.size(); }

size_t Server::memory_bytes() const { return parts_->options.max_memory_bytes; }

size_t Server::request_bytes() const { return parts_->budget.limit(); }

}  // namespace hillock
