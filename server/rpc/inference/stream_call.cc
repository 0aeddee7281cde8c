// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/stream_call.h"

#include <utility>

#include "server/scheduling/reactor.h"

namespace hillock::rpc {
namespace {

constexpr char kErrorsEndStream[] = "triton_grpc_error";  // metadata

// Requests that a stream reuses for the next messages.
constexpr size_t kSpareRequests = 16;

}  // namespace

// One request of a stream, used again for later ones.
class StreamCall::Request final : public InferJob {
 public:
  explicit Request(StreamCall& stream) : InferJob(stream.context_), stream_(stream) {}

  void Start(transport::Buffer message) {
    answered_ = false;
    held_at_start = message.allocated();
    transport::Call& call = stream_.call_;
    Serve(std::move(message), AnswerKind::kStream, call.deadline(), call.NewBuffer());
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
    stream_.OnAnswer();
  }
  std::string_view MetadataOf(std::string_view name) const override {
    return stream_.state_ < State::kClosing ? stream_.call_.metadata(name) : std::string_view();
  }

  StreamCall& stream_;
  bool answered_ = false;
  absl::Status status_;
};

StreamCall::StreamCall(const InferContext& context, transport::Call& call)
    : context_(context),
      call_(call),
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
  if (state_ < State::kFinished) state_ = State::kReadAll;
  Advance();
}

void StreamCall::OnBroken(const absl::Status& status) {
  context_.reactor.cells().unrouted[static_cast<size_t>(status.code())].Add(1);
  state_ = State::kFinished;
}

// A client that has sent all needs no other end.
void StreamCall::OnDrain() {
  if (state_ == State::kOpen) state_ = State::kDraining;
  Pace();
  Advance();
}

void StreamCall::OnAnswer() {
  --computing_;
  if (state_ <= State::kFinished) return Advance();
  if (state_ == State::kAbandoned && computing_ == 0) delete this;
}

// Sends what is next in order, as far as it is answered. Whatever may have changed what the stream
// waits for ends here.
void StreamCall::Advance() {
  while (state_ < State::kFinished && !requests_.empty() && requests_.front()->answered()) {
    std::unique_ptr<Request> request = std::move(requests_.front());
    requests_.pop_front();
    held_bytes_ -= request->held_at_start;
    Send(*request);
    if (spare_.size() < kSpareRequests) spare_.push_back(std::move(request));
  }
  if (requests_.empty() && state_ == State::kReadAll) Finish(absl::OkStatus());
  if (requests_.empty() && state_ == State::kDraining) {
    Finish(absl::UnavailableError("the server is shutting down"));
  }
  Pace();
}

void StreamCall::Send(Request& request) {
  if (errors_end_stream_ && !request.status().ok()) {
    Finish(request.status());
  } else {
    call_.Send(request.TakeAnswer());
  }
}

void StreamCall::Finish(const absl::Status& status) {
  state_ = State::kFinished;
  call_.Finish(status);
}

// Holds the client back while the stream has enough to do. A message may be delivered within
// SetPaused(false), and be refused and answered at once, so `paused_` changes first.
void StreamCall::Pace() {
  if (state_ >= State::kFinished) return;
  const bool full = state_ == State::kDraining || requests_.size() >= kReadAhead ||
                    held_bytes_ + call_.unsent_bytes() >= kReadAheadBytes;
  if (full == paused_) return;
  paused_ = full;
  call_.SetPaused(full);
}

// Abandoning a request that is not being computed answers it at once.
void StreamCall::OnClosed(bool) {
  state_ = State::kClosing;
  for (const auto& request : requests_) {
    if (!request->answered()) request->Abandon();
  }
  state_ = State::kAbandoned;
  if (computing_ == 0) delete this;
}

}  // namespace hillock::rpc
