// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/stream.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "server/transport/http2/connection.h"
#include "server/transport/http2/endpoint.h"

// Everything up to StatusSent() runs within nghttp2's callbacks, or within a handler that they
// reach. There nghttp2 may be given things to send later (submit, resume, consume), but must not
// read or write. Whatever has been given to it therefore ends in Connection::MarkDirty(), and
// leaves when the endpoint flushes.

namespace hillock::transport {
namespace {

// What is decompressed as soon as it arrives. A larger message goes on in Endpoint::Work(), so that
// it delays no other call.
constexpr size_t kInflatedAtOnce = size_t{64} << 10;

// How much of a stream's window is given back at a time: each step costs a WINDOW_UPDATE.
constexpr size_t kConsumeStep = size_t{128} << 10;

// A client that leaves this much of its answers unread gets no further ones.
constexpr size_t kMaxUnreadBytes = size_t{64} << 20;

// How long after its deadline an answer that is not being read is dropped.
constexpr Nanos kDeadlineGrace = 1'000'000'000;

ssize_t ReadSource(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                   nghttp2_data_source* source, void*) {
  return static_cast<Stream*>(source->ptr)->Provide(length, *flags);
}

}  // namespace

void Stream::Open(Connection& connection, int32_t id) {
  connection_ = &connection;
  handler_ = nullptr;
  id_ = id;
  input_ = Input::kOpen;
  reading_ = Reading::kIdle;
  output_ = Output::kNothing;
  paused_ = drain_passed_ = listed_sent_ = sends_gzip_ = false;
  deadline_ = kNoDeadline;
  Endpoint& endpoint = connection.endpoint();
  reader_.Open(endpoint.account(), endpoint.message_limits(), connection.unfinished());
  backlog_.Open(endpoint.account(), connection.unfinished());
  unconsumed_ = 0;
}

// The handler may destroy itself, but not the stream, which its connection goes on to recycle.
void Stream::Close() {
  if (reading_ == Reading::kInflating) connection_->endpoint().RemoveInflating(*this);
  const bool finished = output_ == Output::kStatusSent;
  output_ = Output::kClosed;
  connection_->SubtractUnsent(send_queue_.bytes());
  reader_.Close();
  backlog_.Free();
  send_queue_.Clear();
  headers_.Clear();
  initial_metadata_.clear();
  status_.Clear();
  if (Handler* const handler = std::exchange(handler_, nullptr)) handler->OnClosed(finished);
}

EventLoop& Stream::loop() { return connection_->endpoint().loop(); }

Peer& Stream::peer() { return connection_->peer(); }

Buffer Stream::NewBuffer() { return Buffer(connection_->endpoint().account()); }

AnswerStream Stream::answer_stream() { return {connection_->session(), id_}; }

// --- Headers.

bool Stream::AddHeader(std::string_view name, std::string_view value, bool trailing) {
  if (trailing) return headers_.AddTrailer(name, value);
  return headers_.Add(name, value, connection_->endpoint().clock());
}

// The deadline counts from here: before, nothing may be submitted for the stream.
void Stream::EndHeaders() {
  deadline_ = headers_.deadline();
  if (const char* const http_status = headers_.HttpError()) return Reject(http_status);
  absl::Status status = headers_.Check();
  if (status.ok()) status = CheckUnread();
  if (!status.ok()) {
    if (!headers_.encoding()) {
      AddInitialMetadata("grpc-accept-encoding", std::string(kAcceptedEncodings));
    }
    return Finish(status, {});
  }
  reader_.SetEncoding(*headers_.encoding());
  handler_ = connection_->endpoint().router().Open(*this);
  if (handler_ == nullptr && !ended()) {
    Finish(absl::UnimplementedError(fmt::format("unknown method {}", Excerpt(path()))), {});
  }
}

absl::Status Stream::CheckUnread() const {
  if (connection_->unsent() <= kMaxUnreadBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} bytes of answers wait to be read on this connection, want at most {}",
                  connection_->unsent(), kMaxUnreadBytes));
}

// --- Receiving. Bytes are parsed where they arrived; only what cannot be parsed yet is copied into
// the backlog. Bytes that were parsed, or that a call which has ended ignores, are consumed.

void Stream::AddData(std::string_view bytes) {
  if (ended()) return Consume(bytes.size());
  if (!CanParse() || !backlog_.empty()) return AddToBacklog(bytes);
  const size_t taken = Parse(bytes);
  if (taken < bytes.size()) AddToBacklog(bytes.substr(taken));
}

void Stream::EndData() {
  input_ = Input::kEnded;
  NotifyHalfClose();
}

void Stream::AddToBacklog(std::string_view bytes) {
  if (!backlog_.TryAppend(bytes)) Break(OutOfRequestMemory());
}

void Stream::ParseBacklog() {
  if (reading_ != Reading::kIdle || backlog_.empty()) return;
  backlog_.Drop(Parse(backlog_.unparsed()));
}

// Returns how many bytes were taken: all, unless the handler pauses or a message is still being
// decompressed. A call that ends within takes all, too.
size_t Stream::Parse(std::string_view bytes) {
  std::string_view rest = bytes;
  reading_ = Reading::kParsing;
  while (!rest.empty() && !paused_ && !ended()) {
    absl::Status status = reader_.Read(rest);
    if (status.ok() && reader_.inflating()) status = reader_.Inflate(kInflatedAtOnce);
    if (!status.ok()) Break(status);
    if (reader_.inflating()) break;
    Deliver();
  }
  reading_ = Reading::kIdle;
  if (reader_.inflating()) {
    reading_ = Reading::kInflating;
    connection_->endpoint().AddInflating(*this);
  }
  const size_t taken = ended() ? bytes.size() : bytes.size() - rest.size();
  Consume(taken);
  return taken;
}

void Stream::Inflate(size_t bytes) {
  const absl::Status status = reader_.Inflate(bytes);
  if (reader_.inflating()) return;
  connection_->endpoint().RemoveInflating(*this);
  reading_ = Reading::kIdle;
  if (!status.ok()) return Break(status);
  Deliver();
  ParseBacklog();
  NotifyHalfClose();
}

void Stream::Deliver() {
  if (reader_.state() != MessageReader::State::kComplete) return;
  Buffer message = reader_.Take();
  if (handler_ != nullptr && !ended()) handler_->OnMessage(std::move(message));
}

// A client that has sent everything needs no window any more.
void Stream::Consume(size_t bytes) {
  unconsumed_ += bytes;
  if (unconsumed_ < kConsumeStep || input_ != Input::kOpen) return;
  nghttp2_session_consume_stream(connection_->session(), id_, std::exchange(unconsumed_, 0));
  connection_->MarkDirty();
}

void Stream::NotifyHalfClose() {
  const bool delivered = reading_ == Reading::kIdle && backlog_.empty();
  if (input_ != Input::kEnded || !delivered || ended()) return;
  input_ = Input::kDelivered;
  if (!reader_.between_messages()) {
    return Break(absl::InternalError("got the end of the call in a message"));
  }
  if (handler_ != nullptr) handler_->OnHalfClose();
}

void Stream::SetPaused(bool paused) {
  paused_ = paused;
  if (paused) return;
  ParseBacklog();
  NotifyHalfClose();
}

void Stream::Break(const absl::Status& status) {
  if (ended()) return;
  if (handler_ != nullptr) handler_->OnBroken(status);
  if (!ended()) Finish(status, {});
}

void Stream::Drain() {
  if (handler_ == nullptr || ended() || std::exchange(drain_passed_, true)) return;
  handler_->OnDrain();
}

// A request that is complete has its deadline enforced by its handler, which may answer a little
// late; the grace is for that.
void Stream::CheckDeadline(Nanos now) {
  if (now < deadline_) return;
  if (!ended() && input_ != Input::kDelivered) {
    return Break(
        absl::DeadlineExceededError("the deadline passed before the request was complete"));
  }
  if (now < deadline_ + kDeadlineGrace) return;
  deadline_ = kNoDeadline;  // one reset is enough, however long the peer takes to read it
  nghttp2_submit_rst_stream(connection_->session(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_CANCEL);
  connection_->MarkDirty();
}

// --- Sending. nghttp2 pulls: it asks Provide() what fits into the next DATA frame, and
// WriteFrame() for the frame, in which the bytes of a message are copied once.

void Stream::AddInitialMetadata(std::string name, std::string value) {
  HILLOCK_CHECK(output_ == Output::kNothing);
  initial_metadata_.emplace_back(std::move(name), std::move(value));
}

// The first message decides for the call whether there is a grpc-encoding.
void Stream::Send(Buffer message, bool compress) {
  HILLOCK_CHECK(!ended());
  if (output_ == Output::kNothing) sends_gzip_ = compress && headers_.accepts_gzip();
  const bool compressed = compress && sends_gzip_;
  if (compressed) {
    Buffer smaller = NewBuffer();
    Gzip(message.view(), smaller);
    message = std::move(smaller);
  } else if (message.empty()) {
    message.Reserve(0);
  }
  const auto length = static_cast<uint32_t>(message.size());
  WritePrefix(compressed, length, message.Prepend(kPrefixBytes));
  connection_->AddUnsent(message.size());
  send_queue_.Push(std::move(message));
  if (output_ == Output::kNothing) StartSending();
  Resume();
  connection_->MarkDirty();
}

void Stream::StartSending() {
  output_ = Output::kSending;
  nghttp2_data_provider source{};
  source.source.ptr = this;
  source.read_callback = ReadSource;
  SubmitHeaders(answer_stream(), initial_metadata_, sends_gzip_, source);
}

void Stream::Resume() {
  if (output_ != Output::kStarved) return;
  output_ = Output::kSending;
  nghttp2_session_resume_data(connection_->session(), id_);
}

void Stream::Finish(const absl::Status& status, Metadata trailers) {
  HILLOCK_CHECK(!ended());
  status_.Set(status, std::move(trailers));
  if (output_ == Output::kNothing) {
    output_ = Output::kStatusQueued;
    SubmitOnlyHeaders(answer_stream(), initial_metadata_, status_);
  } else {
    Resume();
    output_ = Output::kEnding;
  }
  connection_->MarkDirty();
}

void Stream::Reject(const char* http_status) {
  output_ = Output::kStatusQueued;
  SubmitHttpError(answer_stream(), http_status);
  connection_->MarkDirty();
}

// The trailers are queued while the last bytes are: nghttp2 sends them after the frame with EOF,
// which is why EOF must not end the stream.
ssize_t Stream::Provide(size_t length, uint32_t& flags) {
  const size_t waiting = send_queue_.bytes();
  const size_t some = std::min(length, waiting);
  if (some == waiting && output_ == Output::kEnding) {
    flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    output_ = Output::kStatusQueued;
    SubmitTrailers(answer_stream(), status_);
  } else if (some == 0) {
    output_ = Output::kStarved;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (some > 0) flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ssize_t>(some);
}

void Stream::WriteFrame(std::string_view frame_header, size_t length, Buffer& out) {
  connection_->SubtractUnsent(length);
  out.Append(frame_header);
  send_queue_.Pop(length, out);
  if (!ended() && !std::exchange(listed_sent_, true)) connection_->ListSent(*this);
}

void Stream::NotifySent() {
  listed_sent_ = false;
  if (handler_ != nullptr && !ended()) handler_->OnSent();
}

void Stream::StatusSent() {
  output_ = Output::kStatusSent;
  if (input_ != Input::kOpen) return;
  nghttp2_submit_rst_stream(connection_->session(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
}

}  // namespace hillock::transport
