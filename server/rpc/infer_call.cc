#include "server/rpc/infer_call.h"

#include <google/protobuf/descriptor.h>

#include "server/rpc/status.h"

namespace hillock::rpc {
namespace {

// When gRPC's clients may try again, in milliseconds.
constexpr char kPushback[] = "grpc-retry-pushback-ms";

// gRPC numbers a service's methods as the proto does.
int FindMethod(const std::string& full_name) {
  const auto* const pool = google::protobuf::DescriptorPool::generated_pool();
  const auto* const method = pool->FindMethodByName(full_name);
  HILLOCK_CHECK(method != nullptr);
  return method->index();
}

}  // namespace

void AsyncModelInfer::Request(
    grpc::ServerContext& context, grpc::ByteBuffer& request,
    grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>& writer,
    grpc::ServerCompletionQueue& queue, void* tag) {
  static const int index = FindMethod("inference.GRPCInferenceService.ModelInfer");
  RequestAsyncUnary(index, &context, &request, &writer, &queue, &queue, tag);
}

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
  has_ended_ = false;
  request_.Clear();
  response_.Clear();
  writer_.reset();
  context_.emplace();
  context_->AsyncNotifyWhenDone(static_cast<serving::Event*>(&ended_));
  writer_.emplace(&*context_);
  owner_.service_.Request(*context_, incoming_, *writer_, *owner_.reactor_.queue(),
                          static_cast<serving::Event*>(this));
}

void InferCall::Ready(bool ok) {
  if (state_ == State::kFinishing) {
    state_ = State::kFinished;
    return RecycleIfOver();
  }
  if (!ok) return;  // the server is shutting down; nothing is posted any more
  owner_.Taken();
  state_ = State::kServing;
  Serve(incoming_, context_->deadline(), request_, response_);
}

int InferCall::Socket() { return owner_.sockets_.Find(context_->peer()); }

void InferCall::HasEnded() {
  has_ended_ = true;
  if (state_ == State::kServing && context_->IsCancelled()) {
    owner_.reactor_.batcher().Abandon(*this);
  }
  RecycleIfOver();
}

void InferCall::RecycleIfOver() {
  if (state_ == State::kFinished && has_ended_) owner_.Recycle(*this);
}

void InferCall::Answer(const absl::Status& status) {
  state_ = State::kFinishing;
  void* const tag = static_cast<serving::Event*>(this);
  if (status.ok()) return writer_->Finish(response_, grpc::Status::OK, tag);
  const int64_t pushback = serving::RetryPushback(status);
  if (pushback >= 0) context_->AddTrailingMetadata(kPushback, std::to_string(pushback));
  writer_->FinishWithError(ToGrpc(status), tag);
}

}  // namespace hillock::rpc
