// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/frontend.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "server/rpc/inference/stream_call.h"
#include "server/transport/http2/connection.h"

namespace hillock::rpc {
namespace {

constexpr std::string_view kInfer = "/inference.GRPCInferenceService/ModelInfer";
constexpr std::string_view kStreamInfer = "/inference.GRPCInferenceService/ModelStreamInfer";

// From which share of its time a reactor is full, and below which it takes a connection from
// another. They are far from each other, so that a connection does not go back and forth.
constexpr double kFullShare = 0.9;
constexpr double kIdleShare = 0.5;

}  // namespace

Frontend::Frontend(scheduling::Reactor& reactor, ControlServices& services,
                   const AccessRules& rules, transport::MemoryBudget& budget,
                   const transport::Endpoint::Options& options, RequestLog* log)
    : reactor_(reactor),
      context_{.reactor = reactor,
               .limits = {.max_answer_bytes = options.max_message_bytes,
                          .max_row_bytes = options.max_message_bytes},
               .log = log},
      access_(rules, reactor.index()),
      infer_calls_(context_),
      control_(services, access_),
      endpoint_(reactor.loop(), *this, budget, options, reactor.clock()) {
  reactor.Serve(*this);
}

// The count rises here, so that a connection on its way is counted, and falls after the endpoint
// has it: in between it counts twice, which errs towards fewer connections. std::function must be
// copyable, hence the release.
void Frontend::Adopt(std::unique_ptr<transport::ByteStream> bytes, transport::Entrance entrance) {
  adopting_.fetch_add(1);
  reactor_.loop().Post([this, raw = bytes.release(), entrance] {
    endpoint_.Adopt(std::unique_ptr<transport::ByteStream>(raw), {.entrance = entrance});
    adopting_.fetch_sub(1);
  });
}

void Frontend::Adopt(std::unique_ptr<transport::Connection> connection) {
  adopting_.fetch_add(1);
  reactor_.loop().Post([this, raw = connection.release()] {
    endpoint_.Adopt(std::unique_ptr<transport::Connection>(raw));
    adopting_.fetch_sub(1);
  });
}

void Frontend::UpdateWatchers() {
  reactor_.loop().Post([this] { control_.UpdateWatchers(); });
}

void Frontend::Drain() {
  reactor_.loop().Post([this] { endpoint_.Drain(); });
}

// A busy connection can be moved only in the moments between its calls, which a tick would miss. So
// when Tick() has found an idle reactor, one is looked for after every flush.
void Frontend::Flush() {
  endpoint_.Flush();
  if (idle_ == nullptr) return;
  std::unique_ptr<transport::Connection> connection = endpoint_.Release();
  if (connection != nullptr) std::exchange(idle_, nullptr)->Adopt(std::move(connection));
}

void Frontend::Tick() {
  endpoint_.Tick();
  control_.UpdateWatchers();
  idle_ = reactor_.busy_share() > kFullShare ? FindIdle() : nullptr;
}

Frontend* Frontend::FindIdle() const {
  const auto share = [](const auto& frontend) { return frontend->reactor_.busy_share(); };
  const auto least = std::ranges::min_element(all_, {}, share);
  return least != all_.end() && share(*least) < kIdleShare ? least->get() : nullptr;
}

// The inference methods are looked for first: they are nearly all calls.
transport::Handler* Frontend::Open(transport::Call& call) {
  const bool infers = call.path() == kInfer;
  if (!infers && call.path() != kStreamInfer) return control_.Open(call);
  if (!access_.Admits(call, Right::kUse)) return nullptr;
  if (infers) return infer_calls_.Open(call);
  return new StreamCall(context_, call);
}

}  // namespace hillock::rpc
