// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/client_connection.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/client/client_callbacks.h"
#include "server/transport/http2/fields.h"

namespace hillock::transport {
namespace {

// Flow-control windows: of one stream's answer, and of all on a connection.
constexpr int32_t kStreamWindow = int32_t{4} << 20;
constexpr int32_t kConnectionWindow = int32_t{64} << 20;

// The last stream of a connection (RFC 9113, 5.1.1), less a margin.
constexpr int32_t kLastStream = 0x7fff'ff00;

constexpr char kClosedByServer[] = "closed by the server";

constexpr Nanos kMicro = 1'000;
constexpr Nanos kMilli = 1'000'000;
constexpr Nanos kMaxDigits = 100'000'000;  // grpc-timeout has eight

std::string Words(const absl::Status& status) { return std::string(status.message()); }

// A time as grpc-timeout has it, rounded up to a unit that needs at most eight digits.
std::string Timeout(Nanos left) {
  left = std::max(left, kMicro);
  if (left < kMaxDigits * kMicro) return fmt::format("{}u", (left + kMicro - 1) / kMicro);
  return fmt::format("{}m", std::min((left + kMilli - 1) / kMilli, kMaxDigits - 1));
}

bool EndsStream(const nghttp2_frame& frame) {
  const bool carries = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  return carries && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

ClientConnection::ClientConnection(EventLoop& loop, const UnaryMethod& method, Owner& owner,
                                   std::unique_ptr<ByteStream> stream)
    : loop_(loop),
      method_(method),
      owner_(owner),
      stream_(std::move(stream)),
      session_(ClientCallbacks::NewSession(*this)) {
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}}};
  HILLOCK_CHECK(
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  HILLOCK_CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                                      kConnectionWindow) == 0);
}

ClientConnection::~ClientConnection() {
  if (watched_ != 0) loop_.Remove(stream_->descriptor(), *this);
  nghttp2_session_del(session_);
}

void ClientConnection::Start(ClientCall& call, std::string_view message, Nanos deadline) {
  HILLOCK_CHECK(usable());
  call.message_ = message;
  call.deadline_ = deadline;
  call.connection_ = this;
  call.stream_ = 0;
  call.fate_ = ClientCall::Fate::kUnsent;
  call.sent_ = 0;
  call.answer_.Clear();
  if (ready() && waiting_.empty() && streams_ < max_streams_) {
    Submit(call);
  } else {
    waiting_.Append(call);
  }
}

void ClientConnection::Submit(ClientCall& call) {
  std::array<nghttp2_nv, UnaryMethod::kMaxHeaders + 1> with_deadline;
  const nghttp2_nv* headers = method_.headers().data();
  size_t count = method_.headers().size();
  std::string timeout;
  if (call.deadline_ != kNoDeadline) {
    std::copy_n(headers, count, with_deadline.begin());
    timeout = Timeout(call.deadline_ - Clock::Monotonic().Now());
    with_deadline[count++] = MakeField("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NO_INDEX);
    headers = with_deadline.data();
  }
  nghttp2_data_provider body{};
  body.source.ptr = &call;
  body.read_callback = &ClientCallbacks::NextData;
  call.stream_ = nghttp2_submit_request(session_, nullptr, headers, count, &body, &call);
  HILLOCK_CHECK(call.stream_ > 0);
  call.fate_ = ClientCall::Fate::kTaken;
  ++streams_;
  open_.Append(call);
}

void ClientConnection::SubmitWaiting() {
  while (ready() && !waiting_.empty() && streams_ < max_streams_) {
    ClientCall& call = waiting_.front();
    waiting_.Remove(call);
    Submit(call);
  }
}

// The stream lives on in nghttp2 until the reset has left, without its call: that may be in use
// again.
void ClientConnection::Cancel(ClientCall& call) {
  HILLOCK_CHECK(call.connection_ == this);
  if (call.stream_ == 0) return waiting_.Remove(call);
  nghttp2_session_set_stream_user_data(session_, call.stream_, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream_, NGHTTP2_CANCEL);
  call.stream_ = 0;
  open_.Remove(call);
}

void ClientConnection::Flush() {
  if (state_ != State::kLost) Send();
  NotifyAnswers();
}

// Serializing pauses when unsent_ is full, and goes on when the socket has taken all of it. A
// session that wants nothing any more has met an error and has sent its GOAWAY.
void ClientConnection::Send() {
  SubmitWaiting();
  do {
    Serialize();
  } while (WriteAll() && paused_);
  if (!Watch()) return Lose("the system watches no more descriptors");
  const bool over = nghttp2_session_want_read(session_) == 0 && unsent_.empty() &&
                    nghttp2_session_want_write(session_) == 0;
  if (over) return Lose(fault_.empty() ? "the server broke HTTP/2" : fault_);
  if (ready() && nghttp2_session_get_next_stream_id(session_) > kLastStream) {
    Retire(State::kDraining, absl::UnavailableError("the connection has no more streams"));
  }
}

void ClientConnection::Serialize() {
  paused_ = false;
  const uint8_t* data = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &data)) > 0) {
    unsent_.append(View(data, static_cast<size_t>(size)));
  }
  HILLOCK_CHECK(size == 0);
}

// Whether all has left. An error of the socket is remembered and not acted on, as the server may
// have sent answers, or a GOAWAY, before it closed: they are read first, and reading finds the end.
bool ClientConnection::WriteAll() {
  while (write_error_.empty() && sent_ < unsent_.size()) {
    const IoResult result = stream_->Write(std::string_view(unsent_).substr(sent_));
    if (result.kind == IoResult::Kind::kWouldBlock) return false;
    if (result.kind == IoResult::Kind::kClosed) write_error_ = kClosedByServer;
    if (result.kind == IoResult::Kind::kFailed) write_error_ = Words(stream_->error());
    sent_ += result.bytes;
  }
  unsent_.clear();
  sent_ = 0;
  return true;
}

bool ClientConnection::Watch() {
  const bool blocked = !unsent_.empty() || stream_->ReadWaitsToWrite();
  const uint32_t wanted = EPOLLIN | (blocked ? EPOLLOUT : 0u);
  const uint32_t before = std::exchange(watched_, wanted);
  if (before == wanted) return true;
  if (before != 0) {
    loop_.Modify(stream_->descriptor(), wanted, *this);
    return true;
  }
  if (loop_.Add(stream_->descriptor(), wanted, *this)) return true;
  watched_ = 0;
  return false;
}

// When calls have ended, their owner hears of them first and may start others, and flushes: so new
// requests leave together, with the acknowledgements that reading made due.
void ClientConnection::OnEvents(uint32_t events) {
  if ((events & ~EPOLLOUT) != 0 || stream_->ReadWaitsToWrite()) Receive();
  if (ended_.empty()) return Flush();
  NotifyAnswers();
}

void ClientConnection::Receive() {
  while (ReadOnce() && stream_->HasBuffered()) continue;
}

// Whether there were bytes, and there may be more.
bool ClientConnection::ReadOnce() {
  const std::span<char> room = method_.read_buffer();
  const IoResult result = stream_->Read(room);
  if (result.kind == IoResult::Kind::kWouldBlock) return false;
  if (result.kind == IoResult::Kind::kClosed)
    Lose(write_error_.empty() ? kClosedByServer : write_error_);
  if (result.kind == IoResult::Kind::kFailed) Lose(Words(stream_->error()));
  if (result.kind != IoResult::Kind::kBytes) return false;
  arrived_ = Clock::Monotonic().Now();
  const auto* const bytes = reinterpret_cast<const uint8_t*>(room.data());
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes, result.bytes);
  if (taken < 0) {
    Lose(fault_.empty() ? nghttp2_strerror(static_cast<int>(taken)) : fault_);
    return false;
  }
  NotifyChanges();
  return state_ != State::kLost;
}

// Not from the callbacks, as the owner may start calls. Readiness comes before a farewell, so that
// the owner hears of both in the order of State.
void ClientConnection::NotifyChanges() {
  if (state_ == State::kGreeted) {
    state_ = State::kReady;
    owner_.OnReady(*this);
  }
  if (usable() && !farewell_.empty()) {
    Retire(State::kDraining, absl::UnavailableError(farewell_));
  }
}

void ClientConnection::NotifyAnswers() {
  for (ClientCall* const call : ended_) owner_.OnAnswer(*call, arrived_);
  ended_.clear();
}

ClientCall* ClientConnection::CallOf(int32_t stream) const {
  return static_cast<ClientCall*>(nghttp2_session_get_stream_user_data(session_, stream));
}

void ClientConnection::OnFrame(const nghttp2_frame& frame) {
  if (EndsStream(frame)) {
    if (ClientCall* const call = CallOf(frame.hd.stream_id); call != nullptr) OnHalfClosed(*call);
  } else if (frame.hd.type == NGHTTP2_SETTINGS) {
    if (state_ == State::kConnecting) state_ = State::kGreeted;
    max_streams_ =
        nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  } else if (frame.hd.type == NGHTTP2_GOAWAY) {
    farewell_ = fmt::format("GOAWAY {} from the server: {}",
                            nghttp2_http2_strerror(frame.goaway.error_code),
                            View(frame.goaway.opaque_data, frame.goaway.opaque_data_len));
  }
}

void ClientConnection::OnHalfClosed(ClientCall& call) {
  call.answer_.End();
  // A server that has answered before it had the whole request wants no more of it (RFC 9113, 8.1).
  if (call.sent_ == call.message_.size()) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream_, NGHTTP2_NO_ERROR);
}

void ClientConnection::OnStreamClosed(int32_t stream, uint32_t error) {
  --streams_;
  ClientCall* const call = CallOf(stream);
  if (call == nullptr) return;
  open_.Remove(*call);
  call->stream_ = 0;
  ended_.push_back(call);
  if (call->fate_ == ClientCall::Fate::kUnsent) {
    return call->answer_.Fail(absl::StatusCode::kUnavailable, farewell_);
  }
  if (error == NGHTTP2_REFUSED_STREAM && !call->answer_.has_status()) {
    call->fate_ = ClientCall::Fate::kRefused;
  }
  call->answer_.Close(error);
}

void ClientConnection::EndAll(ClientCallList& list, const absl::Status& why) {
  while (!list.empty()) {
    ClientCall& call = list.front();
    list.Remove(call);
    call.answer_.Fail(why.code(), Words(why));
    ended_.push_back(&call);
  }
}

// The owner hears that the connection is unusable before it hears of the calls that ended with it,
// so that it does not start their successors here.
void ClientConnection::Retire(State state, const absl::Status& why) {
  const bool was_usable = usable();
  state_ = state;
  arrived_ = Clock::Monotonic().Now();
  EndAll(waiting_, why);
  if (state == State::kLost) EndAll(open_, why);
  if (was_usable) owner_.OnUnusable(*this, why);
}

void ClientConnection::Lose(std::string_view why) {
  const bool was_ready = state_ > State::kGreeted;
  if (watched_ != 0) loop_.Remove(stream_->descriptor(), *this);
  watched_ = 0;
  Retire(State::kLost, absl::UnavailableError(fmt::format(
                           "{}: {}", was_ready ? "connection lost" : "not connected", why)));
}

}  // namespace hillock::transport
