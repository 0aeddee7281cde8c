// SPDX-License-Identifier: Apache-2.0
#include "server/rest/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "server/rest/endpoint.h"
#include "server/rest/request_headers.h"

namespace hillock::rest {
namespace {

using transport::IoResult;

constexpr uint32_t kReads = EPOLLIN | EPOLLRDHUP;
constexpr uint32_t kWrites = EPOLLOUT;
constexpr uint32_t kServes = EPOLLRDHUP;  // the next request waits in the socket

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Bodies up to this leave in one write with their head.
constexpr size_t kJoinBytes = 64 << 10;

constexpr Nanos kSecond = 1'000'000'000;

}  // namespace

Connection::Connection(Endpoint& endpoint, std::unique_ptr<transport::ByteStream> stream,
                       std::string_view bytes)
    : endpoint_(endpoint),
      stream_(std::move(stream)),
      since_(endpoint.services().loop.woke_at()),
      watched_(kReads),
      in_(endpoint.services().account) {
  in_.Append(bytes);
  if (!endpoint_.services().loop.Add(stream_->descriptor(), watched_, *this)) End();
}

Connection::~Connection() {
  if (stream_ != nullptr) endpoint_.services().loop.Remove(stream_->descriptor(), *this);
  if (exchange_ != nullptr) exchange_->Abandon();
  endpoint_.services().account.Release(charged_);
}

void Connection::Drain(bool refuses) {
  draining_ = true;
  refuses_ = refuses;
  if (idle()) since_ = endpoint_.services().loop.woke_at();
}

void Connection::End() {
  if (over()) return;
  Enter(State::kOver);
  endpoint_.NoteOver();
  endpoint_.MarkDirty(*this);
}

void Connection::Enter(State state) {
  if (state == State::kServing) endpoint_.AddCall();
  if (state_ == State::kServing) endpoint_.RemoveCall();
  state_ = state;
  since_ = endpoint_.services().loop.woke_at();
}

void Connection::Watch(uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  endpoint_.services().loop.Modify(stream_->descriptor(), events, *this);
}

// --- Time.

void Connection::Tick(Nanos now) {
  if (over() || !HasWaitedTooLong(now)) return;
  const bool in_request = state_ == State::kBody || (state_ == State::kHead && !idle());
  if (!in_request) return End();
  Refuse(ErrorAnswer(408, "the request has not arrived in time"));
}

bool Connection::HasWaitedTooLong(Nanos now) const {
  const auto time_for = [](size_t bytes) {
    return kGraceTime + static_cast<Nanos>(bytes / kMinRate) * kSecond;
  };
  const Nanos waited = now - since_;
  switch (state_) {
    case State::kHead:
      if (idle()) return waited > (draining_ ? kDrainingTime : kIdleTime);
      return waited > kHeadTime;
    case State::kBody:
      return waited > time_for(received_);
    case State::kWriting:
      return waited > time_for(written_);
    case State::kClosing:
      return waited > kClosingTime;
    default:
      return false;
  }
}

// --- Reading.

void Connection::OnEvents(uint32_t events) {
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  switch (state_) {
    case State::kHead:
    case State::kBody:
      return Read();
    case State::kServing:
      if (failed || (events & EPOLLRDHUP) != 0) return End();
      return Watch(kServes);
    case State::kWriting:
      if (failed) return End();
      return endpoint_.MarkDirty(*this);
    case State::kClosing:
      return Discard();
    case State::kOver:
      return;
  }
}

void Connection::Read() {
  std::vector<char>& buffer = endpoint_.receive_buffer();
  const IoResult result = stream_->Read(buffer);
  if (result.kind == IoResult::Kind::kWouldBlock) return;
  if (result.kind != IoResult::Kind::kBytes) return End();
  if (idle()) since_ = endpoint_.services().loop.woke_at();
  received_ += result.bytes;
  const size_t limit = http::kMaxHeadBytes + endpoint_.services().max_message_bytes;
  const absl::Status appended = http::AppendWithin(limit, {buffer.data(), result.bytes}, in_);
  if (!appended.ok()) return Refuse(ErrorAnswer(appended));
  Proceed();
}

void Connection::Work() {
  if (state_ == State::kHead) Proceed();
}

void Connection::Proceed() {
  if (state_ == State::kHead) TakeHead();
  if (state_ == State::kBody) TakeBody();
}

void Connection::TakeHead() {
  if (in_.empty()) return;
  const size_t length = http::HeadLength(in_.view().substr(0, http::kMaxHeadBytes));
  if (length == 0) {
    if (in_.size() < http::kMaxHeadBytes) return;
    return Refuse(ErrorAnswer(
        431, fmt::format("got a head of over {} bytes, which is the limit", http::kMaxHeadBytes)));
  }
  const auto head = http::ParseHead(in_.view().substr(0, length));
  if (!head.ok()) {
    const bool is_version = absl::IsUnimplemented(head.status());
    return Refuse(ErrorAnswer(is_version ? 505 : 400, MessageOf(head.status())));
  }
  if (!IsOurs(in_.view())) return MoveAway();
  head_length_ = length;
  Begin(*head);
}

// Other paths are served elsewhere, with what has been read. While draining there is no elsewhere.
void Connection::MoveAway() {
  if (draining_) return Refuse(ErrorAnswer(503, "the server is shutting down"));
  endpoint_.services().loop.Remove(stream_->descriptor(), *this);
  endpoint_.give_away()(std::move(stream_), std::string(in_.view()));
  End();
}

void Connection::Begin(const http::Head& head) {
  is_1_0_ = head.is_1_0;
  is_head_ = head.method == "HEAD";
  last_ = !head.keeps_open();
  if (refuses_) return Refuse(ErrorAnswer(503, "the server is shutting down"));
  std::variant<Request, Answer> request = ReadRequestHeaders(head);
  const absl::Status framed = BeginBody(head);
  if (!framed.ok()) {
    const bool is_large = absl::IsResourceExhausted(framed);
    return Refuse(ErrorAnswer(is_large ? 413 : HttpCodeOf(framed.code()), MessageOf(framed)));
  }
  if (const auto* const refusal = std::get_if<Answer>(&request)) {
    SkipBody();
    return Put(*refusal);
  }
  Enter(State::kBody);
  exchange_ = std::make_shared<Exchange>(endpoint_.services(), static_cast<Exchange::Owner&>(*this),
                                         peer_, std::get<Request>(std::move(request)));
  exchange_->Open();
  if (expects_ && !exchange_->finished()) Continue();
}

absl::Status Connection::BeginBody(const http::Head& head) {
  HILLOCK_ASSIGN_OR_RETURN(const http::Framing framing, http::FramingOf(head));
  const size_t limit = endpoint_.services().max_message_bytes;
  if (framing.length > limit) {
    return absl::ResourceExhaustedError(
        fmt::format("got a body of {} bytes, want at most {}", framing.length, limit));
  }
  body_length_ = framing.length;
  received_ = in_.size();
  expects_ = head.Lists("Expect", "100-continue");
  chunks_.reset();
  if (framing.chunked) {
    chunks_.emplace(limit, transport::Buffer(endpoint_.services().account));
    in_.DropFront(std::exchange(head_length_, 0));
  }
  return absl::OkStatus();
}

// The body of a request that is refused. One that is not here yet is not waited for, so that the
// answer is the last.
void Connection::SkipBody() {
  const size_t length = head_length_ + body_length_;
  if (chunks_ || in_.size() < length) {
    last_ = true;
    return in_.Free();
  }
  in_.DropFront(length);
}

// A client that waits for this before it sends its body sends it after a second anyway, so nothing
// is lost when the socket has no room.
void Connection::Continue() {
  if (chunks_ || in_.size() < head_length_ + body_length_) stream_->Write(kContinue);
}

void Connection::TakeBody() {
  if (exchange_->finished()) {  // refused
    SkipBody();
    return Enter(State::kServing);
  }
  if (chunks_) {
    const absl::Status taken = TakeChunks();
    if (taken.ok()) return;
    last_ = true;
    Enter(State::kServing);
    return exchange_->Break(taken);
  }
  const size_t length = head_length_ + body_length_;
  if (in_.size() < length) return;
  transport::Buffer bytes = std::exchange(in_, in_.NewLike());
  if (bytes.size() > length) in_.Append(bytes.view().substr(length));
  Serve(std::move(bytes), head_length_, body_length_);
}

absl::Status Connection::TakeChunks() {
  std::string_view rest = in_.view();
  HILLOCK_ASSIGN_OR_RETURN(const bool done, chunks_->Read(rest));
  in_.DropFront(in_.size() - rest.size());
  if (!done) return absl::OkStatus();
  transport::Buffer body = chunks_->Take();
  const size_t length = body.size();
  Serve(std::move(body), 0, length);
  return absl::OkStatus();
}

void Connection::Serve(transport::Buffer bytes, size_t offset, size_t length) {
  Enter(State::kServing);
  exchange_->Take(std::move(bytes), offset, length, since_);
  if (exchange_->inflates()) endpoint_.AddInflating(exchange_);
}

// --- Answering.

void Connection::OnProgress() { endpoint_.MarkDirty(*this); }

void Connection::Flush() {
  if (state_ == State::kServing) {
    exchange_->Advance();
    if (!exchange_->ready()) return;
    Put(std::move(exchange_->answer()));
  }
  if (state_ == State::kWriting) Write();
}

// What follows a request that is refused is not looked at.
void Connection::Refuse(const Answer& answer) {
  last_ = true;
  in_.Free();
  Put(answer);
}

void Connection::Put(Answer answer) {
  transport::MemoryAccount& account = endpoint_.services().account;
  if (!account.TryCharge(answer.body.size())) {
    answer = ErrorAnswer(transport::OutOfRequestMemory());
    account.Charge(answer.body.size());
  }
  charged_ = answer.body.size();
  endpoint_.Count(answer);
  last_ |= draining_;
  out_ = HeadOf(answer, answer.body.size(), is_1_0_, last_);
  if (is_head_) answer.body.clear();
  if (answer.body.size() <= kJoinBytes) {
    out_ += answer.body;
  } else {
    rest_ = std::move(answer.body);
  }
  Enter(State::kWriting);
  endpoint_.MarkDirty(*this);
}

void Connection::Write() {
  while (sent_ < out_.size()) {
    const IoResult result = stream_->Write(std::string_view(out_).substr(sent_));
    if (result.kind == IoResult::Kind::kWouldBlock) return Watch(kWrites);
    if (result.kind != IoResult::Kind::kBytes) return End();
    sent_ += result.bytes;
    written_ += result.bytes;
    if (sent_ == out_.size() && !rest_.empty()) {
      out_ = std::exchange(rest_, {});
      sent_ = 0;
    }
  }
  Sent();
}

void Connection::Sent() {
  out_.clear();
  if (out_.capacity() > kJoinBytes) out_.shrink_to_fit();
  sent_ = written_ = 0;
  endpoint_.services().account.Release(std::exchange(charged_, 0));
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->Abandon();
  if (last_) {
    stream_->CloseWrite();
    Watch(kReads);
    return Enter(State::kClosing);
  }
  Watch(kReads);
  Enter(State::kHead);
  if (!in_.empty()) endpoint_.AddUnread(*this);
}

void Connection::Discard() {
  const IoResult result = stream_->Read(endpoint_.receive_buffer());
  if (result.kind == IoResult::Kind::kClosed || result.kind == IoResult::Kind::kFailed) End();
}

}  // namespace hillock::rest
