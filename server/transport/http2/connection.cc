#include "server/transport/http2/connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/endpoint.h"
#include "server/transport/http2/stream.h"

namespace hillock::transport {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

// A peer that has not said in this time that it speaks HTTP/2 is none of ours.
constexpr Nanos kHandshakeTime = 20 * kSecond;

// A peer that has been silent for this long is asked for a sign of life, and given this long for
// it.
constexpr Nanos kKeepaliveTime = 60 * kSecond;
constexpr Nanos kKeepaliveTimeout = 20 * kSecond;

// How long the steps of a drain wait for the peer.
constexpr Nanos kNoticeTime = kSecond;
constexpr Nanos kCloseTime = kSecond;
constexpr Nanos kStalledTime = kSecond;  // for one that takes no bytes

constexpr uint32_t kMaxStreams = 1000;
constexpr int32_t kStreamWindow = 1 << 20;
constexpr int32_t kConnectionWindow = 64 << 20;
constexpr uint32_t kMaxHeaderListBytes = 16 << 10;

// What is made ready for the socket at a time; the rest stays where it is until that has left.
constexpr size_t kMaxOutBytes = size_t{256} << 10;
constexpr size_t kKeptOutBytes = size_t{64} << 10;

// Frames that wait for a peer who does not read, apart from answers' data. What is handed in before
// others have their turn can make some 12,000; a peer who reads has none left when its next turn
// comes.
constexpr size_t kMaxWaitingFrames = 20'000;

constexpr size_t kFrameHeaderBytes = 9;
constexpr std::array<uint8_t, 8> kDrainPing = {'d', 'r', 'a', 'i', 'n'};
constexpr std::array<uint8_t, 8> kKeepalivePing = {'a', 'l', 'i', 'v', 'e'};

Stream* StreamOf(nghttp2_session* session, int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

struct ConnectionCallbacks {
  static Connection& Of(void* user) { return *static_cast<Connection*>(user); }

  static int BeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    // What comes between the choice of the last stream and the GOAWAY that names it is not looked
    // at: nghttp2 closes it when that has left, and the peer may try again elsewhere.
    if (Of(user).state_ == Connection::State::kGoAwaySent) return 0;
    const int32_t id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, id, &Of(user).OpenStream(id));
    return 0;
  }

  static int Header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool trailing = frame->headers.cat != NGHTTP2_HCAT_REQUEST;
    const bool goes_on =
        stream->AddHeader(View(name, name_size), View(value, value_size), trailing);
    // Then the stream is reset, and nothing more is made of the block.
    return goes_on ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int Data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                  void* user) {
    Of(user).received_ += size;
    if (Stream* const stream = StreamOf(session, id)) stream->AddData(View(data, size));
    return 0;
  }

  static int Frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& connection = Of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if (Stream* const stream = StreamOf(session, frame->hd.stream_id)) {
          const bool is_request =
              frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
          if (is_request) stream->EndHeaders();
          if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->EndData();
        }
        break;
      case NGHTTP2_SETTINGS:
        connection.has_settings_ = true;
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) connection.Ponged(frame->ping.opaque_data);
        break;
      default:
        break;
    }
    return 0;
  }

  static int Sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) Of(user).AskWhetherSeen();
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (Stream* const stream = StreamOf(session, frame->hd.stream_id)) stream->StatusSent();
    return 0;
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t length,
                      nghttp2_data_source* source, void* user) {
    Connection& connection = Of(user);
    auto* const stream = static_cast<Stream*>(source->ptr);
    stream->WriteFrame(View(frame_header, kFrameHeaderBytes), length, connection.out_);
    return connection.HasEnoughOut() ? NGHTTP2_ERR_PAUSE : 0;
  }

  static int StreamClosed(nghttp2_session* session, int32_t id, uint32_t, void* user) {
    if (Stream* const stream = StreamOf(session, id)) Of(user).CloseStream(*stream);
    return 0;
  }
};

nghttp2_session_callbacks* MakeCallbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  using Make = ConnectionCallbacks;
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Make::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Make::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Make::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Make::Frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Make::Sent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, Make::SendData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Make::StreamClosed);
  return callbacks;
}

Connection::Connection(Endpoint& endpoint, std::unique_ptr<ByteStream> bytes, Nanos now)
    : endpoint_(&endpoint),
      bytes_(std::move(bytes)),
      out_(endpoint.account()),
      opened_(now),
      age_limit_(endpoint.DrawAgeLimit()),
      last_read_(now),
      last_written_(now) {
  HILLOCK_CHECK(nghttp2_session_server_new2(&session_, endpoint.callbacks(), this,
                                            endpoint.session_options()) == 0);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderListBytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  watched_ = EPOLLIN;
  if (!endpoint.loop().Add(bytes_->descriptor(), watched_, *this)) Fail();
  MarkDirty();
}

Connection::~Connection() {
  if (endpoint_ != nullptr) endpoint_->loop().Remove(bytes_->descriptor(), *this);
  while (!streams_.empty()) CloseStream(*streams_.back());
  if (dirty_) endpoint_->UnmarkDirty(*this);
  nghttp2_session_del(session_);
}

void Connection::MarkDirty() {
  if (!std::exchange(dirty_, true)) endpoint_->MarkDirty(*this);
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
  if (state_ == State::kGoAwaySent) MarkDirty();
}

bool Connection::can_move() const {
  return state_ == State::kOpen && !over_ && !dirty_ && has_settings_ && streams_.empty() &&
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
  if (over_) return;
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

// One buffer full at a time, so that nobody who sends fast keeps others waiting; but what TLS has
// decrypted already is not told by the descriptor any more.
void Connection::Receive() {
  std::vector<char>& buffer = endpoint_->receive_buffer();
  do {
    const IoResult result = bytes_->Read(std::span(buffer));
    if (result.kind == IoResult::Kind::kWouldBlock) return;
    if (result.kind != IoResult::Kind::kBytes) return Fail();
    last_read_ = endpoint_->loop().woke_at();
    ping_out_ = false;
    active_ = true;
    Feed({buffer.data(), result.bytes});
  } while (!over_ && bytes_->HasBuffered());
}

// An error that the peer can be told of ends in a GOAWAY, which nghttp2 has ready by now.
void Connection::Feed(std::string_view bytes) {
  for (std::string_view run; !(run = filter_.Next(bytes)).empty();) {
    const auto* const data = reinterpret_cast<const uint8_t*>(run.data());
    if (nghttp2_session_mem_recv(session_, data, run.size()) < 0) return Fail();
  }
  if (nghttp2_session_get_outbound_queue_size(session_) > kMaxWaitingFrames) return Fail();
  if (received_ > 0) nghttp2_session_consume_connection(session_, std::exchange(received_, 0));
}

// After the write side is closed only the peer's own end is waited for.
void Connection::Discard() {
  std::vector<char>& buffer = endpoint_->receive_buffer();
  const IoResult result = bytes_->Read(std::span(buffer));
  if (result.kind == IoResult::Kind::kClosed || result.kind == IoResult::Kind::kFailed) Fail();
}

// --- Sending.

void Connection::Flush() {
  dirty_ = false;
  if (over_ || state_ == State::kClosing) return;
  bool more = true;
  while (more) {
    more = Pack();
    more = Write() && more;
  }
  TellSent();
  CloseIfDone();
}

bool Connection::HasEnoughOut() const { return out_.size() - out_at_ >= kMaxOutBytes; }

// Takes frames from nghttp2 until there are no more, or enough. True when there may be more.
bool Connection::Pack() {
  // A peer that always leaves something would make the buffer grow by all that has left.
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

// False when the peer takes no more for now.
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
  if (out_.allocated() > kKeptOutBytes) {
    out_.Free();
  } else {
    out_.Clear();
  }
  out_at_ = 0;
  Watch(bytes_->ReadWaitsToWrite() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return true;
}

void Connection::TellSent() {
  while (!sent_.empty()) {
    Stream* const stream = sent_.back();
    sent_.pop_back();
    stream->TellSent();
  }
}

void Connection::Watch(uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  endpoint_->loop().Modify(bytes_->descriptor(), events, *this);
}

// --- The end.

void Connection::CloseIfDone() {
  if (over_ || out_at_ < out_.size()) return;
  const bool wants_nothing =
      nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  const bool drained =
      state_ == State::kGoAwaySent && streams_.empty() && nghttp2_session_want_write(session_) == 0;
  if (!wants_nothing && !drained) return;
  while (!streams_.empty()) CloseStream(*streams_.back());
  bytes_->CloseWrite();
  state_ = State::kClosing;
  since_ = endpoint_->clock().Now();
}

void Connection::Drain(bool ends_calls) {
  ends_calls_ = ends_calls_ || ends_calls;
  DrainStreams();
  if (state_ != State::kOpen) return;
  state_ = State::kNoticeSent;
  since_ = endpoint_->clock().Now();
  nghttp2_submit_shutdown_notice(session_);
  MarkDirty();
}

// Once the notice has left: in nghttp2's queue a PING would overtake it.
void Connection::AskWhetherSeen() {
  if (state_ != State::kNoticeSent) return;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kDrainPing.data());
}

void Connection::DrainStreams() {
  if (!ends_calls_) return;
  // A call may be over by being told.
  std::vector<Stream*> streams;
  for (const auto& stream : streams_) streams.push_back(stream.get());
  for (Stream* const stream : streams) stream->Drain();
}

void Connection::Ponged(const uint8_t* payload) {
  if (state_ == State::kNoticeSent && std::equal(kDrainPing.begin(), kDrainPing.end(), payload)) {
    GoAway();
  }
}

void Connection::GoAway() {
  state_ = State::kGoAwaySent;
  since_ = endpoint_->clock().Now();
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  DrainStreams();  // those that came after the notice
  MarkDirty();
}

void Connection::Tick(Nanos now) {
  for (size_t i = streams_.size(); i-- > 0;) streams_[i]->CheckDeadline(now);
  if (out_.empty() && unsent_ == 0) last_written_ = now;
  if (state_ == State::kOpen && age_limit_ > 0 && now - opened_ > age_limit_) Drain(false);
  TickDrain(now);
  TickKeepalive(now);
}

void Connection::TickDrain(Nanos now) {
  if (state_ == State::kNoticeSent && now - since_ > kNoticeTime) GoAway();
  const bool closed = state_ == State::kClosing && now - since_ > kCloseTime;
  const bool stalled = state_ == State::kGoAwaySent && now - last_written_ > kStalledTime;
  if (closed || stalled) {
    Fail();
    MarkDirty();
  }
}

void Connection::TickKeepalive(Nanos now) {
  const Nanos silence = now - last_read_;
  const bool mute = !has_settings_ && now - opened_ > kHandshakeTime;
  if (mute || (ping_out_ && silence > kKeepaliveTime + kKeepaliveTimeout)) {
    Fail();
    MarkDirty();
  } else if (!ping_out_ && silence > kKeepaliveTime) {
    ping_out_ = true;
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kKeepalivePing.data());
    MarkDirty();
  }
}

}  // namespace hillock::transport
