#include "server/rpc/inference/stream_call.h"

#include <utility>

namespace hillock::rpc {
namespace {

constexpr char kErrorsEndStream[] = "triton_grpc_error";  // metadata

// Requests that a stream keeps for the next messages.
constexpr size_t kSpareRequests = 16;

}  // namespace

// One request of a stream, and room for the next ones after it.
class StreamCall::Request final : public InferJob {
 public:
  explicit Request(StreamCall& call) : InferJob(call.reactor_, call.limits_), call_(call) {}

  void Start(transport::Buffer message) {
    answered_ = false;
    held_at_start = message.allocated();
    Serve(std::move(message), AnswerKind::kStream, call_.call_->deadline(),
          call_.call_->NewBuffer());
  }

  bool answered() const { return answered_; }
  const absl::Status& status() const { return status_; }
  transport::Buffer TakeAnswer() { return std::move(answer()); }
  size_t held_at_start = 0;

 private:
  void Answer(const absl::Status& status) override {
    status_ = status;
    if (!status.ok()) {
      answer().Free();
      WriteStreamError(view(), status, answer());
    }
    ReleaseRequest();
    answered_ = true;
    call_.Answered();
  }

  StreamCall& call_;
  bool answered_ = false;
  absl::Status status_;
};

StreamCall::StreamCall(scheduling::Reactor& reactor, const Limits& limits, transport::Call& call)
    : reactor_(reactor),
      limits_(limits),
      call_(&call),
      errors_end_stream_(call.metadata(kErrorsEndStream) == "true") {}

StreamCall::~StreamCall() = default;

void StreamCall::OnMessage(transport::Buffer message) {
  if (spare_.empty()) spare_.push_back(std::make_unique<Request>(*this));
  requests_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Request& request = *requests_.back();
  ++computing_;
  held_bytes_ += message.allocated();
  request.Start(std::move(message));  // may be refused, and sent, before this returns
  Pace();
}

void StreamCall::OnHalfClose() {
  read_all_ = true;
  Advance();
}

void StreamCall::OnBroken(const absl::Status& status) {
  reactor_.cells().unrouted[static_cast<size_t>(status.code())].Add(1);
  finished_ = true;
}

void StreamCall::OnDrain() {
  draining_ = true;
  Pace();
  Advance();
}

void StreamCall::Answered() {
  --computing_;
  if (call_ != nullptr) return Advance();
  if (!closing_ && computing_ == 0) delete this;
}

// Sends what is next in order, as far as it is answered.
void StreamCall::Advance() {
  while (!finished_ && !requests_.empty() && requests_.front()->answered()) {
    std::unique_ptr<Request> request = std::move(requests_.front());
    requests_.pop_front();
    held_bytes_ -= request->held_at_start;
    Send(*request);
    if (spare_.size() < kSpareRequests) spare_.push_back(std::move(request));
  }
  if (finished_ || !requests_.empty()) return Pace();
  if (read_all_ || draining_) {
    finished_ = true;
    call_->Finish(read_all_ ? absl::OkStatus()
                            : absl::UnavailableError("the server is shutting down"));
  }
  Pace();
}

void StreamCall::Send(Request& request) {
  if (errors_end_stream_ && !request.status().ok()) {
    finished_ = true;
    call_->Finish(request.status());
  } else {
    call_->Send(request.TakeAnswer());
  }
}

// Holds the client back while the stream has enough to do.
void StreamCall::Pace() {
  if (finished_ || call_ == nullptr) return;
  const bool full = draining_ || requests_.size() >= kReadAhead ||
                    held_bytes_ + call_->unsent_bytes() >= kReadAheadBytes;
  if (full == paused_) return;
  paused_ = full;
  call_->SetPaused(full);
}

void StreamCall::OnClosed(bool) {
  call_ = nullptr;
  closing_ = true;
  for (const auto& request : requests_) {
    if (!request->answered()) request->Abandon();
  }
  closing_ = false;
  if (computing_ == 0) delete this;
}

}  // namespace hillock::rpc
