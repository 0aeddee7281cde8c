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

#include "server/access_log.h"
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
#include "server/lifecycle/readiness.h"
#include "server/metrics/registry.h"
#include "server/model_log.h"
#include "server/readiness_log.h"
#include "server/rest/endpoint.h"
#include "server/rest/routes.h"
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

// While models load at start, a connection waits so long to be accepted.
constexpr std::chrono::seconds kMaxAcceptDelay(5);

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

repository::Repository RepositoryOf(const Options& options) {
  return {options.repository,
          options.max_model_bytes,
          {.compute = options.compute, .limits = options.limits},
          options.model_name};
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
  Parts(const Options& given, Nanos since, Failed on_failed)
      : options(given),
        start(since),
        failed(std::move(on_failed)),
        readiness(options.readiness, options.model_control == lifecycle::ControlMode::kExplicit),
        readiness_log([this] { return readiness.Check(*catalogs.Snapshot()); },
                      [this] { return Describe(); }),
        model_log([this] { NoteReadiness(); }),
        registry(std::make_unique<metrics::Registry>(options.reactors, BuildLabels(),
                                                     options.triton_names)),
        compiler(options.reactors, *registry, Clock::Monotonic(), &Clock::ThreadCpu(),
                 stop.get_token()),
        manager(RepositoryOf(options), compiler, catalogs, *registry, model_log, stop.get_token()),
        control(
            manager, [this] { return !shared_work.HasIdleCore(); }, options.model_control,
            absl::Seconds(options.poll_seconds),
            [this](const absl::Status& status) {
              spdlog::error("{}", OfRepository(status).ToString());
            }),
        services(catalogs, control, readiness, kVersion),
        budget(options.max_memory_bytes) {}

  void LoadModels();
  absl::Status CheckLoaded() const;
  void NoteReadiness();
  std::string Describe() const;
  absl::Status OfRepository(const absl::Status& status) const;
  absl::Status Secure();
  void Compose();
  absl::Status ServeHttp();
  http::Elsewhere Rest();
  absl::Status Listen();
  rpc::AccessRules Rules() const;
  void Begin();
  metrics::Registry::ServerReadings ReadServer() const;
  void BeginToAccept(std::unique_ptr<transport::Listener> from, transport::Entrance entrance);
  void Accept();
  void AcceptInTime();
  bool IsFull() const;
  void Take(Descriptor connection, transport::Entrance entrance);
  void TakeRest(std::unique_ptr<transport::ByteStream> stream, std::string bytes);
  size_t Connections() const;
  void AwaitConnections() const;

  const Options options;
  const Nanos start;
  const Failed failed;
  lifecycle::CatalogHolder catalogs;
  lifecycle::Readiness readiness;
  ReadinessLog readiness_log;  // of the thread that loads models
  ModelLog model_log;
  const std::unique_ptr<metrics::Registry> registry;
  std::stop_source stop;  // of the loading of models
  lifecycle::ModelCompiler compiler;
  lifecycle::ModelManager manager;
  scheduling::SharedWorkQueue shared_work;
  lifecycle::ModelControl control;
  rpc::ControlServices services;
  transport::MemoryBudget budget;
  std::unique_ptr<TlsKeeper> tls;       // none without TLS
  std::unique_ptr<TokenKeeper> tokens;  // none when anybody may call
  std::vector<std::unique_ptr<scheduling::Reactor>> reactors;
  std::vector<std::unique_ptr<rpc::RequestLog>> request_logs;  // by reactor, as the next
  std::vector<std::unique_ptr<rpc::Frontend>> frontends;
  rpc::Worker rest_worker;
  std::vector<std::unique_ptr<rest::Endpoint>> rest_endpoints;  // by reactor; none without --rest
  std::unique_ptr<transport::Listener> listener;                // until Accept(), or the end
  std::unique_ptr<transport::Listener> control_listener;  // until Begin(); none without option
  std::vector<std::unique_ptr<transport::Acceptor>> acceptors;  // on the first reactor
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<http::HttpServer> http;
  std::string address;
  std::string control_address;  // empty when there is no such listener, as the next
  std::string http_address;
};

// On the thread that loads models.
void Server::Parts::LoadModels() {
  if (options.repository_wait_seconds > 0 && !manager.IsSettled()) {
    readiness_log.NoteEither();
    Accept();
    spdlog::info("waiting for models in repository '{}'", options.repository);
    control.AwaitModels(absl::Seconds(options.repository_wait_seconds));
  }
  absl::Status status = control.LoadFirst(options.load_models);
  if (stop.stop_requested()) return;
  if (status.ok()) status = CheckLoaded();
  if (!status.ok()) return failed(OfRepository(status));
  readiness.SetStarted();
  Accept();
  NoteReadiness();
  readiness_log.NoteEither();
}

// What the repository's models are to be at start.
absl::Status Server::Parts::CheckLoaded() const {
  const auto catalog = catalogs.Snapshot();
  if (options.model_control == lifecycle::ControlMode::kNone && catalog->entries().empty()) {
    return absl::NotFoundError(
        "it has no model, want folders such as <name>/1/model.mlp or <name>/1/model.onnx");
  }
  const auto refused = std::ranges::find_if(catalog->entries(), [](const auto& entry) {
    return entry.served.ok() ? !entry.refused.ok() : !absl::IsUnavailable(entry.served.status());
  });
  if (!options.exit_on_error || refused == catalog->entries().end()) return absl::OkStatus();
  return absl::AbortedError(fmt::format("model '{}' cannot be served as it is", refused->model));
}

// When readiness has changed, watchers are not left to the next tick.
void Server::Parts::NoteReadiness() {
  if (!readiness_log.Note()) return;
  for (const auto& frontend : frontends) frontend->UpdateWatchers();
}

absl::Status Server::Parts::OfRepository(const absl::Status& status) const {
  return Annotate(status, fmt::format("repository '{}'", options.repository));
}

std::string Server::Parts::Describe() const {
  const auto catalog = catalogs.Snapshot();
  const size_t served = catalog->served_count();
  return fmt::format("{} models, {} unavailable, grpc {}, http {}, {}{} reactors, {:.0f} ms",
                     served, catalog->entries().size() - served, address, http_address,
                     control_address.empty() ? "" : "control " + control_address + ", ",
                     options.reactors, 1e3 * ToSeconds(Clock::Monotonic().Now() - start));
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
  auto pages = http::Pages(*registry, catalogs,
                           [this] { return readiness.Check(*catalogs.Snapshot()).ok(); });
  auto server = http::HttpServer::Start(*options.http_address, std::move(pages), Rest());
  if (!server.ok()) return Annotate(server.status(), "HTTP port");
  http = *std::move(server);
  http_address = http->address().ToString();
  for (const auto& endpoint : rest_endpoints) {
    endpoint->GiveAwayTo([this](std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
      http->Adopt(std::move(stream), std::move(bytes));
    });
  }
  return absl::OkStatus();
}

http::Elsewhere Server::Parts::Rest() {
  if (rest_endpoints.empty()) return {};
  return {.serves = rest::IsOurs,
          .take = [this](std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
            TakeRest(std::move(stream), std::move(bytes));
          }};
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

// Frontends share connections, so all exist before any reactor starts.
void Server::Parts::Compose() {
  for (size_t i = 0; i < options.reactors; ++i) {
    reactors.push_back(std::make_unique<scheduling::Reactor>(
        BatcherOptions(options, i), BusyPollOf(options), catalogs, shared_work,
        registry->reactor(i), Clock::Monotonic()));
    request_logs.push_back(std::make_unique<rpc::RequestLog>(options.access_log, LogRequest));
    frontends.push_back(std::make_unique<rpc::Frontend>(*reactors.back(), services, Rules(), budget,
                                                        EndpointOptions(options),
                                                        request_logs.back().get()));
    if (!options.rest) continue;
    rest_endpoints.push_back(
        std::make_unique<rest::Endpoint>(*reactors.back(), frontends.back()->router(), rest_worker,
                                         budget, options.max_message_bytes));
  }
  for (const auto& frontend : frontends) frontend->ShareWith(frontends);
}

// The acceptors are on the first reactor's loop. After the start a loop may be used by its thread
// alone.
void Server::Parts::Begin() {
  registry->ReadServerWith([this] { return ReadServer(); });
  if (control_listener != nullptr) {
    BeginToAccept(std::move(control_listener), transport::Entrance::kControl);
  }
  for (const auto& reactor : reactors) reactor->Start();
  std::thread([this] { AcceptInTime(); }).detach();
  housekeeping =
      std::make_unique<Housekeeping>(budget, options.max_memory_bytes, tls.get(), tokens.get());
}

void Server::Parts::BeginToAccept(std::unique_ptr<transport::Listener> from,
                                  transport::Entrance entrance) {
  acceptors.push_back(std::make_unique<transport::Acceptor>(
      reactors.front()->loop(), std::move(from),
      [this, entrance](Descriptor connection) { Take(std::move(connection), entrance); }));
}

// To be called again and again. Until the first call connections wait in the listener's queue, and
// clients, such as those of gRPC, send their calls elsewhere or keep them: a call would fail for
// want of a model.
void Server::Parts::Accept() {
  reactors.front()->loop().Post([this] {
    if (listener != nullptr) BeginToAccept(std::move(listener), transport::Entrance::kPublic);
  });
}

// Models may take minutes. Those who ask for health must not wait for them.
void Server::Parts::AcceptInTime() {
  std::this_thread::sleep_for(kMaxAcceptDelay);
  Accept();
}

metrics::Registry::ServerReadings Server::Parts::ReadServer() const {
  metrics::Registry::ServerReadings readings;
  for (const auto& frontend : frontends) {
    readings.reactors.push_back({frontend->connections(), frontend->calls()});
  }
  for (size_t i = 0; i < rest_endpoints.size(); ++i) {
    readings.reactors[i].connections += rest_endpoints[i]->connections();
    readings.reactors[i].calls += rest_endpoints[i]->calls();
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
  for (const auto& endpoint : rest_endpoints) connections += endpoint->connections();
  return connections;
}

bool Server::Parts::IsFull() const {
  return options.max_connections > 0 && Connections() >= options.max_connections;
}

// Gives a connection to the reactor that has the fewest. One too many is closed, unless it may be
// an operator's.
void Server::Parts::Take(Descriptor connection, transport::Entrance entrance) {
  if (entrance == transport::Entrance::kPublic && IsFull()) return;
  const auto& frontend = *std::ranges::min_element(
      frontends, {}, [](const auto& candidate) { return candidate->connections(); });
  frontend->Adopt(tls != nullptr ? tls->Current()->Accept(std::move(connection))
                                 : std::make_unique<transport::SocketStream>(std::move(connection)),
                  entrance);
}

// The same, for the HTTP port's.
void Server::Parts::TakeRest(std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
  if (IsFull()) return;
  const auto& endpoint = *std::ranges::min_element(
      rest_endpoints, {}, [](const auto& candidate) { return candidate->connections(); });
  endpoint->Adopt(std::move(stream), std::move(bytes));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

// Listens before it loads: what can be wrong with the options is found at once.
absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Nanos start,
                                                      Failed failed) {
  Options resolved = options;
  if (resolved.reactors == 0) resolved.reactors = static_cast<size_t>(UsableCores());
  if (resolved.max_memory_bytes == 0) resolved.max_memory_bytes = MemoryLimit();
  auto parts = std::make_unique<Parts>(resolved, start, std::move(failed));
  HILLOCK_RETURN_IF_ERROR(parts->Secure());
  parts->Compose();
  HILLOCK_RETURN_IF_ERROR(parts->ServeHttp());
  HILLOCK_RETURN_IF_ERROR(parts->Listen());
  parts->Begin();
  spdlog::info("memory: at most {} MiB, of which requests and answers may hold {}",
               resolved.max_memory_bytes >> 20, parts->budget.limit() >> 20);
  parts->control.Start([&parts = *parts] { parts.LoadModels(); });
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
  const bool was_ready = parts.readiness.Check(*parts.catalogs.Snapshot()).ok();
  parts.readiness.SetDraining();
  for (const auto& frontend : parts.frontends) frontend->UpdateWatchers();
  parts.stop.request_stop();
  // A model that is being loaded may take longer than the drain, which does not wait for it.
  std::thread([&parts] {
    parts.control.Stop();
    parts.services.Stop();
  }).detach();
  if (was_ready) std::this_thread::sleep_for(Seconds(parts.options.drain_wait_seconds));
  parts.reactors.front()->loop().Post([&parts] {
    parts.listener = nullptr;
    for (const auto& acceptor : parts.acceptors) acceptor->Close();
  });
  for (const auto& frontend : parts.frontends) frontend->Drain();
  for (const auto& endpoint : parts.rest_endpoints) endpoint->Drain();
  parts.AwaitConnections();
  if (parts.http != nullptr) parts.http->Close();
}

}  // namespace hillock
