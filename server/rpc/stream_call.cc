#include "server/rpc/stream_call.h"

#include <grpc/support/time.h>

#include "server/rpc/status.h"
#include "server/rpc/wire.h"

namespace hillock::rpc {
namespace {

constexpr char kErrorsEndStream[] = "triton_grpc_error";  // metadata
constexpr char kWantsFinal[] = "triton_enable_empty_final_response";
constexpr char kFinal[] = "triton_final_response";

// An idle stream keeps the messages of smaller requests for the next ones.
constexpr size_t kKeptBytes = 16 << 10;

bool HasErrorsEndStream(const grpc::ServerContext& context) {
  const auto it = context.client_metadata().find(kErrorsEndStream);
  return it != context.client_metadata().end() && it->second == "true";
}

bool WantsFinal(const inference::ModelInferRequest& request) {
  const auto it = request.parameters().find(kWantsFinal);
  return it != request.parameters().end() && it->second.bool_param();
}

}  // namespace

StreamCalls::StreamCalls(AsyncInfer& service, serving::Reactor& reactor, const Limits& limits)
    : service_(service), reactor_(reactor), limits_(limits) {}

StreamCalls::~StreamCalls() = default;

void StreamCalls::Open(size_t count) {
  for (size_t i = 0; i < count; ++i) Post();
}

void StreamCalls::Close() {
  close_alarm_.Set(reactor_.queue(), gpr_now(GPR_CLOCK_MONOTONIC),
                   static_cast<serving::Event*>(&close_));
}

void StreamCalls::Closing::Ready(bool) {
  owner_.closing_ = true;
  // None is destroyed on the way: one that is over would be gone already.
  for (const auto& [call, owned] : owner_.calls_) call->Advance();
}

void StreamCalls::Post() {
  if (reactor_.closed()) return;
  auto call = std::make_unique<StreamCall>(*this);
  StreamCall& posted = *call;
  calls_.emplace(&posted, std::move(call));
  posted.Post();
}

void StreamCalls::Remove(StreamCall& call) { calls_.erase(&call); }

void StreamCalls::AddInFlight(size_t requests) {
  in_flight_.store(in_flight() + requests, std::memory_order_relaxed);
}

void StreamCalls::SubtractInFlight(size_t requests) {
  in_flight_.store(in_flight() - requests, std::memory_order_relaxed);
}

// One request of a stream, and room for the next ones after it.
class StreamCall::Request final : public InferJob {
 public:
  explicit Request(StreamCall& call)
      : InferJob(call.owner_.reactor_, call.owner_.limits_), call_(call) {}

  const inference::ModelStreamInferResponse& response() const { return response_; }
  const absl::Status& status() const { return status_; }
  bool answered() const { return answered_; }

  // Of the message, with the floats of its answer.
  size_t bytes() const { return message_bytes_ + answer_bytes(); }

  // Serves a message, whose bytes it consumes.
  void Start(grpc::ByteBuffer& message) {
    message_bytes_ = message.Length();
    Serve(message, call_.context_.deadline(), message_, *response_.mutable_infer_response());
  }

  void Clear() {
    message_.Clear();
    response_.Clear();
    status_ = absl::OkStatus();
    answered_ = false;
  }

 private:
  void Answer(const absl::Status& status) override {
    auto& answer = *response_.mutable_infer_response();
    if (!status.ok()) {
      response_.set_error_message(status.ToString(absl::StatusToStringMode::kWithNoExtraData));
      answer.Clear();
      answer.set_id(message_.id());
    }
    if (WantsFinal(message_)) (*answer.mutable_parameters())[kFinal].set_bool_param(true);
    status_ = status;
    answered_ = true;
    call_.Answered();
  }

  StreamCall& call_;
  inference::ModelInferRequest message_;
  inference::ModelStreamInferResponse response_;
  size_t message_bytes_ = 0;
  absl::Status status_;
  bool answered_ = false;
};

StreamCall::StreamCall(StreamCalls& owner) : owner_(owner) {}

StreamCall::~StreamCall() = default;

void StreamCall::Post() {
  auto* const queue = owner_.reactor_.queue();
  context_.AsyncNotifyWhenDone(static_cast<serving::Event*>(&ended_));
  owner_.service_.RequestModelStreamInfer(&context_, &stream_, queue, queue, &opened_);
}

void StreamCall::Opened(bool ok) {
  if (!ok) return;  // the server is shutting down; nothing is posted any more
  open_ = true;
  errors_end_stream_ = HasErrorsEndStream(context_);
  owner_.Post();
  Advance();
}

void StreamCall::HasRead(bool ok) {
  reading_ = false;
  if (!ok) {
    read_all_ = true;
  } else if (!finishing_) {
    Take();
  }
  Advance();
}

void StreamCall::Take() {
  std::unique_ptr<Request>& slot = Slot(end_);
  if (slot == nullptr) slot = std::make_unique<Request>(*this);
  ++end_;
  ++computing_;
  owner_.AddInFlight(1);
  // A refusal lets the call go on before Start() returns.
  held_bytes_ += incoming_.Length();
  slot->Start(incoming_);
  held_bytes_ += slot->answer_bytes();
}

void StreamCall::Answered() {
  --computing_;
  if (finishing_) owner_.SubtractInFlight(1);
  Advance();
}

void StreamCall::HasWritten(bool ok) {
  writing_ = false;
  broken_ = !ok;
  std::unique_ptr<Request>& request = Slot(next_);
  const size_t bytes = request->bytes();
  held_bytes_ -= bytes;
  ++next_;
  owner_.SubtractInFlight(1);
  if (bytes > kKeptBytes) {
    request.reset();
  } else {
    request->Clear();
  }
  Advance();
}

void StreamCall::Finished(bool) {
  over_ = true;
  Advance();
}

void StreamCall::Ended(bool) {
  if (context_.IsCancelled()) {
    broken_ = true;
    for (size_t sequence = next_; sequence < end_; ++sequence) {
      if (Request& request = *Slot(sequence); !request.answered()) {
        owner_.reactor_.batcher().Abandon(request);
      }
    }
  }
  has_ended_ = true;
  Advance();
}

void StreamCall::Advance() {
  if (!open_) return;
  if (!writing_ && !finishing_) Send();
  if (!reading_ && WantsToRead()) Read();
  if (over_ && has_ended_ && !reading_ && computing_ == 0) owner_.Remove(*this);
}

void StreamCall::Send() {
  if (broken_) return Finish(absl::CancelledError("the client is gone"));
  if (next_ == end_) {
    if (read_all_) return Finish(absl::OkStatus());
    if (owner_.closing_) return Finish(absl::UnavailableError("the server is shutting down"));
    return;
  }
  const Request& request = *Slot(next_);
  if (!request.answered()) return;
  if (errors_end_stream_ && !request.status().ok()) return Finish(request.status());
  Write(request);
}

void StreamCall::Write(const Request& request) {
  grpc::ByteBuffer bytes;
  if (const auto status = Serialize(request.response(), bytes); !status.ok()) return Finish(status);
  writing_ = true;
  stream_.Write(bytes, &has_written_);
}

bool StreamCall::WantsToRead() const {
  if (read_all_ || finishing_ || owner_.closing_) return false;
  if (next_ == end_) return true;
  return end_ - next_ < kReadAhead && held_bytes_ < kReadAheadBytes;
}

void StreamCall::Read() {
  reading_ = true;
  stream_.Read(&incoming_, &has_read_);
}

void StreamCall::Finish(const absl::Status& status) {
  finishing_ = true;
  owner_.SubtractInFlight(end_ - next_ - computing_);
  stream_.Finish(ToGrpc(status), &finished_);
}

}  // namespace hillock::rpc
