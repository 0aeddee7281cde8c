// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_server.h"

#include <utility>

#include "server/rpc/control/calls/unary_call.h"
#include "server/rpc/inference/stream_call.h"
#include "server/transport/http2/connection.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::fuzz {
namespace {

// What answers beyond the budget may hold, and what is made ready for each socket.
constexpr size_t kBeyondBudget = size_t{2} << 20;

// What all servers of the process share, as it takes long to make.
struct Shared {
  testing::FakeClock clock;
  rpc::OneReactor reactor{testing::MlpBuilder(3).Add(1, "identity").Share(), {}, {}, clock};
  lifecycle::CatalogHolder models;
  bool ready = true;
  lifecycle::Readiness readiness{lifecycle::ReadinessRule::kAll, /*callers_decide=*/true};
  rpc::HealthService health{models, readiness};
};

Shared& Get() {
  static Shared shared;
  return shared;
}

scheduling::Reactor& Reactor() { return *Get().reactor; }

absl::StatusOr<std::string> Repeat(std::string_view request) {
  if (request.starts_with("bad")) return absl::InvalidArgumentError("got a bad request");
  return std::string(request);
}

}  // namespace

FuzzServer::FuzzServer(size_t budget, const transport::Endpoint::Options& options)
    : infer_calls_({Reactor()}),
      watchers_(Get().health),
      budget_(budget),
      endpoint_(Reactor().loop(), *this, budget_, options, Get().clock) {
  Get().readiness.SetStarted();
}

FuzzServer::~FuzzServer() {
  HILLOCK_CHECK(connections() == 0);
  HILLOCK_CHECK(endpoint_.account().used() == 0);
  HILLOCK_CHECK(Get().reactor.cells().queue_rows.Get() == 0);
  for (const auto& echo : echoes_) HILLOCK_CHECK(echo->closed());
}

std::shared_ptr<testing::Wire> FuzzServer::Connect() {
  auto wire = std::make_shared<testing::Wire>();
  endpoint_.Adopt(std::make_unique<testing::MemoryStream>(wire));
  return wire;
}

bool FuzzServer::Receive() {
  Reactor().loop().Poll(0);
  const bool works = endpoint_.Work();
  endpoint_.Flush();
  return works;
}

void FuzzServer::Compute() {
  Reactor().batcher().Run();
  endpoint_.Flush();
  Reactor().catalogs().Rest();
}

void FuzzServer::Pass(Nanos time) {
  Get().clock.Advance(time);
  endpoint_.Tick();
  endpoint_.Flush();
}

void FuzzServer::Drain() {
  endpoint_.Drain();
  endpoint_.Flush();
}

void FuzzServer::Move() {
  if (auto moved = endpoint_.Release()) endpoint_.Adopt(std::move(moved));
}

void FuzzServer::Resume() {
  for (const auto& echo : echoes_) echo->Resume();
  endpoint_.Flush();
}

void FuzzServer::TurnReadiness() {
  Shared& shared = Get();
  shared.ready = !shared.ready;
  std::vector<lifecycle::CatalogEntry> entries;
  if (!shared.ready) entries.push_back({"cat", 1, absl::DataLossError("bad checksum")});
  shared.models.Publish(std::make_shared<const lifecycle::Catalog>(std::move(entries)));
  watchers_.Update();
  endpoint_.Flush();
}

void FuzzServer::CheckBudget() const {
  HILLOCK_CHECK(budget_.taken() <= budget_.limit() + kBeyondBudget);
}

transport::Handler* FuzzServer::Open(transport::Call& call) {
  tags_.emplace(call.metadata("tag"));
  using Pace = EchoHandler::Pace;
  if (call.path() == kEcho) return OpenEcho(call, Pace::kAtOnce);
  if (call.path() == kEchoAtEnd) return OpenEcho(call, Pace::kAtEnd);
  if (call.path() == kEchoSlowly) return OpenEcho(call, Pace::kSlow);
  if (call.path() == kUnary) return rpc::UnaryCall::Open(call, Repeat, nullptr);
  if (call.path() == kInfer) return infer_calls_.Open(call);
  if (call.path() == kStreamInfer) return new rpc::StreamCall({Reactor()}, call);
  if (call.path() == kWatch) return watchers_.Open(call);
  return nullptr;
}

transport::Handler* FuzzServer::OpenEcho(transport::Call& call, EchoHandler::Pace pace) {
  echoes_.push_back(std::make_unique<EchoHandler>(call, pace));
  return echoes_.back().get();
}

}  // namespace hillock::fuzz
