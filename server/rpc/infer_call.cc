#include "server/rpc/infer_call.h"

#include <chrono>
#include <utility>

#include "server/rpc/status.h"

namespace hillock::rpc {
namespace {

// When gRPC's clients may try again, in milliseconds.
constexpr char kPushback[] = "grpc-retry-pushback-ms";

// gRPC's deadlines are on the system's clock.
Nanos ToMonotonic(std::chrono::system_clock::time_point deadline, const Clock& clock) {
  using std::chrono::system_clock;
  if (deadline == system_clock::time_point::max()) return kNoDeadline;
  return clock.Now() + std::chrono::nanoseconds(deadline - system_clock::now()).count();
}

}  // namespace

InferCalls::InferCalls(AsyncModelInfer& service, serving::Reactor& reactor, const Limits& limits)
    : service_(service), reactor_(reactor), limits_(limits) {}

InferCalls::~InferCalls() = default;

void InferCalls::Open(size_t count) {
  wanted_ = count;
  while (posted_ < wanted_) Post();
}

void InferCalls::Post() {
  if (reactor_.closed()) return;
  if (idle_.empty()) {
    calls_.push_back(std::make_unique<InferCall>(*this));
    idle_.push_back(calls_.back().get());
  }
  InferCall* const call = idle_.back();
  idle_.pop_back();
  call->Post();
  ++posted_;
}

void InferCalls::Taken() {
  in_flight_.store(in_flight() + 1, std::memory_order_relaxed);
  --posted_;
  if (posted_ < wanted_ / 2) Post();
}

void InferCalls::Recycle(InferCall& call) {
  in_flight_.store(in_flight() - 1, std::memory_order_relaxed);
  idle_.push_back(&call);
  if (posted_ < wanted_) Post();
}

void InferCall::Post() {
  state_ = State::kPosted;
  request_.Clear();
  response_.Clear();
  writer_.reset();
  context_.emplace();
  writer_.emplace(&*context_);
  auto* const queue = owner_.reactor_.queue();
  owner_.service_.RequestModelInfer(&*context_, &request_, &*writer_, queue, queue,
                                    static_cast<serving::Event*>(this));
}

void InferCall::Ready(bool ok) {
  if (state_ == State::kFinishing) return owner_.Recycle(*this);
  if (!ok) return;  // the server is shutting down; nothing is posted any more
  owner_.Taken();
  Serve();
}

void InferCall::Serve() {
  state_ = State::kServing;
  arrived = owner_.reactor_.round_start();
  model = nullptr;
  if (const absl::Status status = Admit(); !status.ok()) Done(status);
}

absl::Status InferCall::Admit() {
  HILLOCK_ASSIGN_OR_RETURN(
      model, owner_.reactor_.catalog().Find(request_.model_name(), request_.model_version()));
  deadline = ToMonotonic(context_->deadline(), owner_.reactor_.clock());
  HILLOCK_ASSIGN_OR_RETURN(const InferView view, DecodeRequest(request_, *model, owner_.limits_));
  input = view.input;
  rows = view.rows;
  output = encoder_.Begin(request_, *model, view, response_);
  return owner_.reactor_.batcher().Add(*this);
}

void InferCall::Done(const absl::Status& status) {
  state_ = State::kFinishing;
  Count(status);
  void* const tag = static_cast<serving::Event*>(this);
  if (status.ok()) {
    encoder_.End();
    writer_->Finish(response_, grpc::Status::OK, tag);
  } else {
    const int64_t pushback = serving::RetryPushback(status);
    if (pushback >= 0) context_->AddTrailingMetadata(kPushback, std::to_string(pushback));
    writer_->FinishWithError(ToGrpc(status), tag);
  }
}

void InferCall::Count(const absl::Status& status) {
  serving::Reactor& reactor = owner_.reactor_;
  const auto code = static_cast<size_t>(status.code());
  if (model == nullptr) return reactor.cells().unrouted[code].Add(1);
  metrics::ModelCells& cells = model->cells(reactor.index());
  cells.requests[code].Add(1);
  cells.total_seconds.Observe(static_cast<uint64_t>(reactor.clock().Now() - arrived));
}

}  // namespace hillock::rpc
