// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/endpoint.h"
#include "server/transport/http2/fields.h"
#include "server/transport/http2/foreign.h"
#include "server/transport/http2/session_memory.h"
#include "server/transport/http2/stream.h"

namespace hillock::transport {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

// How long a drain waits: for the answer to its PING, for the peer to close, and for one that takes
// no bytes.
constexpr Nanos kNoticeTime = kSecond;
constexpr Nanos kCloseTime = kSecond;
constexpr Nanos kStalledTime = kSecond;

constexpr uint32_t kMaxStreams = 1000;
constexpr int32_t kStreamWindow = 1 << 20;
constexpr int32_t kConnectionWindow = 64 << 20;
constexpr uint32_t kMaxHeaderListBytes = 16 << 10;

// What is serialized ahead of the socket. Answers beyond it stay in their streams.
constexpr size_t kMaxOutBytes = size_t{256} << 10;
constexpr size_t kReusedOutBytes = size_t{64} << 10;

// Frames other than DATA that may wait for a peer. One turn of reading can cause some 12,000, and a
// peer that reads has none left at its next turn; so more belong to one that makes the server
// answer and does not read.
constexpr size_t kMaxWaitingFrames = 20'000;

constexpr std::array<uint8_t, 8> kDrainPing = {'d', 'r', 'a', 'i', 'n'};
constexpr std::array<uint8_t, 8> kKeepalivePing = {'a', 'l', 'i', 'v', 'e'};

}  // namespace

Connection::Connection(Endpoint& endpoint, std::unique_ptr<ByteStream> bytes, Peer peer, Nanos now)
    : endpoint_(&endpoint),
      bytes_(std::move(bytes)),
      peer_(std::move(peer)),
      out_(endpoint.account()),
      keepalive_(now),
      opened_(now),
      age_limit_(endpoint.DrawAgeLimit()),
      last_written_(now) {
  HILLOCK_CHECK(nghttp2_session_server_new3(&session_, endpoint.callbacks(), this,
                                            endpoint.session_options(), SessionMemory()) == 0);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderListBytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  watched_ = EPOLLIN;
  if (endpoint.loop().Add(bytes_->descriptor(), watched_, *this)) return;
  Fail();
  MarkDirty();
}

Connection::~Connection() {
  if (endpoint_ != nullptr) endpoint_->loop().Remove(bytes_->descriptor(), *this);
  CloseStreams();
  if (dirty_) endpoint_->UnmarkDirty(*this);
  nghttp2_session_del(session_);
}

void Connection::MarkDirty() {
  if (!std::exchange(dirty_, true)) endpoint_->MarkDirty(*this);
}

void Connection::CloseStreams() {
  while (!streams_.empty()) CloseStream(*streams_.back());
}

Stream& Connection::OpenStream(int32_t id) {
  streams_.push_back(endpoint_->TakeStream());
  Stream& stream = *streams_.back();
  stream.Open(*this, id);
  stream.index = streams_.size() - 1;
  return stream;
}

void Connection::CloseStream(Stream& stream) {
  std::erase(sent_, &stream);
  stream.Close();
  const size_t index = stream.index;
  std::swap(streams_[index], streams_.back());
  streams_[index]->index = index;
  endpoint_->ReturnStream(std::move(streams_.back()));
  streams_.pop_back();
  // Flush() looks whether this was the last call.
  if (state_ == State::kGoAwaySent) MarkDirty();
}

bool Connection::can_move() const {
  return state_ == State::kOpen && !dirty_ && keepalive_.has_settings() && streams_.empty() &&
         out_.empty() && nghttp2_session_want_write(session_) == 0;
}

void Connection::Leave() {
  HILLOCK_CHECK(can_move());
  endpoint_->loop().Remove(bytes_->descriptor(), *this);
  out_ = Buffer();
  endpoint_ = nullptr;
}

void Connection::Join(Endpoint& endpoint) {
  endpoint_ = &endpoint;
  out_ = Buffer(endpoint.account());
  if (!endpoint.loop().Add(bytes_->descriptor(), watched_, *this)) Fail();
  MarkDirty();
}

// --- Receiving.

void Connection::OnEvents(uint32_t events) {
  if (over()) return;
  const bool reads = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 || bytes_->ReadWaitsToWrite();
  if (reads) {
    if (state_ == State::kClosing) {
      Discard();
    } else {
      Receive();
    }
  }
  MarkDirty();
}

// One buffer at a time, so that a client that sends fast does not delay others. The loop is
// for TLS: the descriptor does not report what has been decrypted already.
void Connection::Receive() {
  std::vector<char>& buffer = endpoint_->receive_buffer();
  do {
    const IoResult result = bytes_->Read(std::span(buffer));
    if (result.kind == IoResult::Kind::kWouldBlock) return;
    if (result.kind != IoResult::Kind::kBytes) return Fail();
    keepalive_.OnBytes(endpoint_->loop().woke_at());
    active_ = true;
    const std::string_view received(buffer.data(), result.bytes);
    if (!std::exchange(has_received_, true) && IsForeign(received)) return;
    Feed(received);
  } while (!over() && bytes_->HasBuffered());
}

// The settings are sent with the answer to the first bytes, or earlier, as after a handshake of
// TLS. While they wait nothing has been sent, so that the answer is all that such a client gets.
bool Connection::IsForeign(std::string_view first_bytes) {
  if (nghttp2_session_get_outbound_queue_size(session_) == 0) return false;
  const std::string_view answer = AnswerToForeign(first_bytes);
  if (answer.empty()) return false;
  bytes_->Write(answer);
  bytes_->CloseWrite();
  Enter(State::kClosing);
  return true;
}

// Errors that the peer deserves to hear of end in a GOAWAY: nghttp2 has queued it, wants nothing
// else from then on, and Flush() closes. The connection's window is given back as soon as bytes
// have arrived; what bounds memory are the streams' windows and the limits on messages.
void Connection::Feed(std::string_view bytes) {
  for (std::string_view run; !(run = filter_.Next(bytes)).empty();) {
    const auto* const data = reinterpret_cast<const uint8_t*>(run.data());
    if (nghttp2_session_mem_recv(session_, data, run.size()) < 0) return Fail();
  }
  if (nghttp2_session_get_outbound_queue_size(session_) > kMaxWaitingFrames) return Fail();
  if (received_ > 0) nghttp2_session_consume_connection(session_, std::exchange(received_, 0));
}

// After the write side is closed, bytes are read only to find the peer's own end.
void Connection::Discard() {
  std::vector<char>& buffer = endpoint_->receive_buffer();
  const IoResult result = bytes_->Read(std::span(buffer));
  if (result.kind == IoResult::Kind::kClosed || result.kind == IoResult::Kind::kFailed) Fail();
}

// --- Sending.

// Serializing and writing alternate, so that out_ stays small whatever waits. Handlers hear of what
// has left when nghttp2 is not running any more, as they may send.
void Connection::Flush() {
  dirty_ = false;
  if (over() || state_ == State::kClosing) return;
  bool more = true;
  while (more) {
    more = Pack();
    more = Write() && more;
  }
  NotifySent();
  CloseIfDone();
}

bool Connection::HasEnoughOut() const { return out_.size() - out_at_ >= kMaxOutBytes; }

// Takes frames from nghttp2 until there are no more, or enough. True when there may be more. A
// result of 0 with enough in out_ is the PAUSE of SendData().
bool Connection::Pack() {
  // Else a peer that never takes everything would make the buffer grow by all that has left.
  if (out_at_ > out_.size() / 2) out_.DropFront(std::exchange(out_at_, 0));
  while (!HasEnoughOut()) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) {
      Fail();
      return false;
    }
    if (size > 0) out_.Append(View(data, static_cast<size_t>(size)));
    if (size == 0 && !HasEnoughOut()) return false;
  }
  return true;
}

// False when the socket takes no more until the peer has read some.
bool Connection::Write() {
  while (out_at_ < out_.size()) {
    const IoResult result = bytes_->Write(out_.view().substr(out_at_));
    if (result.kind == IoResult::Kind::kWouldBlock) {
      Watch(EPOLLIN | EPOLLOUT);
      return false;
    }
    if (result.kind != IoResult::Kind::kBytes) {
      Fail();
      return false;
    }
    out_at_ += result.bytes;
    last_written_ = endpoint_->loop().woke_at();
  }
  if (out_.allocated() > kReusedOutBytes) {
    out_.Free();
  } else {
    out_.Clear();
  }
  out_at_ = 0;
  Watch(bytes_->ReadWaitsToWrite() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return true;
}

void Connection::NotifySent() {
  while (!sent_.empty()) {
    Stream* const stream = sent_.back();
    sent_.pop_back();
    stream->NotifySent();
  }
}

void Connection::Watch(uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  endpoint_->loop().Modify(bytes_->descriptor(), events, *this);
}

// --- The end.

void Connection::Enter(State state) {
  state_ = state;
  entered_ = endpoint_->clock().Now();
}

void Connection::CloseIfDone() {
  if (over() || out_at_ < out_.size()) return;
  const bool wants_nothing =
      nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  const bool drained =
      state_ == State::kGoAwaySent && streams_.empty() && nghttp2_session_want_write(session_) == 0;
  if (!wants_nothing && !drained) return;
  CloseStreams();
  bytes_->CloseWrite();
  Enter(State::kClosing);
}

void Connection::Drain(bool ends_calls) {
  ends_calls_ = ends_calls_ || ends_calls;
  DrainStreams();
  if (state_ != State::kOpen) return;
  Enter(State::kNoticeSent);
  nghttp2_submit_shutdown_notice(session_);
  MarkDirty();
}

// The PING whose answer shows that the peer has seen the notice. It is submitted when the notice
// has left, as nghttp2's queue sends PINGs first.
void Connection::OnGoAwaySent() {
  if (state_ != State::kNoticeSent) return;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kDrainPing.data());
}

void Connection::DrainStreams() {
  if (!ends_calls_) return;
  // A copy, as handlers may end their calls.
  std::vector<Stream*> streams;
  streams.reserve(streams_.size());
  for (const auto& stream : streams_) streams.push_back(stream.get());
  for (Stream* const stream : streams) stream->Drain();
}

void Connection::OnPong(const uint8_t* payload) {
  if (state_ == State::kNoticeSent && std::equal(kDrainPing.begin(), kDrainPing.end(), payload)) {
    GoAway();
  }
}

void Connection::GoAway() {
  Enter(State::kGoAwaySent);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  DrainStreams();  // those that came after the notice
  MarkDirty();
}

// Backwards, as CheckDeadline() may end a call. A drained connection whose peer reads nothing would
// never become done, hence last_written_.
void Connection::Tick(Nanos now) {
  for (size_t i = streams_.size(); i-- > 0;) streams_[i]->CheckDeadline(now);
  if (out_.empty() && unsent_ == 0) last_written_ = now;
  if (state_ == State::kOpen && age_limit_ > 0 && now - opened_ > age_limit_) Drain(false);
  TickDrain(now);
  TickKeepalive(now);
}

void Connection::TickDrain(Nanos now) {
  if (state_ == State::kNoticeSent && now - entered_ > kNoticeTime) GoAway();
  const bool closed = state_ == State::kClosing && now - entered_ > kCloseTime;
  const bool stalled = state_ == State::kGoAwaySent && now - last_written_ > kStalledTime;
  if (closed || stalled) {
    Fail();
    MarkDirty();
  }
}

void Connection::TickKeepalive(Nanos now) {
  switch (keepalive_.Tick(now)) {
    case Keepalive::Action::kNone:
      return;
    case Keepalive::Action::kSendPing:
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kKeepalivePing.data());
      break;
    case Keepalive::Action::kGiveUp:
      Fail();
      break;
  }
  MarkDirty();
}

}  // namespace hillock::transport
