#include "server/transport/http2/client_connection.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::transport {
namespace {

// Room for answers that are on their way: one stream's, and all of a connection's.
constexpr int32_t kStreamWindow = int32_t{4} << 20;
constexpr int32_t kConnectionWindow = int32_t{64} << 20;

// What is serialized before the socket has taken what was.
constexpr size_t kMaxUnsent = size_t{256} << 10;

// The last stream of a connection (RFC 9113, 5.1.1), less some room.
constexpr int32_t kLastStream = 0x7fff'ff00;

constexpr char kClosedByServer[] = "closed by the server";

constexpr Nanos kMicro = 1'000;
constexpr Nanos kMilli = 1'000'000;
constexpr Nanos kMaxDigits = 100'000'000;  // grpc-timeout has eight

nghttp2_nv Header(std::string_view name, std::string_view value, uint8_t flags) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

nghttp2_nv Constant(std::string_view name, std::string_view value) {
  return Header(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::string Words(const absl::Status& status) { return std::string(status.message()); }

// A time as grpc-timeout has it, rounded up.
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

UnaryMethod::UnaryMethod(std::string scheme, std::string authority, std::string path)
    : scheme_(std::move(scheme)),
      authority_(std::move(authority)),
      path_(std::move(path)),
      headers_{Constant(":method", "POST"),      Constant(":scheme", scheme_),
               Constant(":path", path_),         Constant(":authority", authority_),
               Constant("te", "trailers"),       Constant("content-type", "application/grpc"),
               Constant("user-agent", "hillock")},
      read_buffer_(new char[kReadBytes]) {}

struct ClientConnection::Callbacks {
  static ClientConnection& Self(void* user) { return *static_cast<ClientConnection*>(user); }

  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Self(user).reading_ = Self(user).CallOf(frame->hd.stream_id);
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    ClientCall* const call = Self(user).reading_;
    if (call != nullptr) call->answer_.TakeHeader(View(name, name_size), View(value, value_size));
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                    void* user) {
    ClientCall* const call = Self(user).CallOf(stream);
    if (call != nullptr) call->answer_.TakeData(View(data, size));
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Self(user).OnFrame(*frame);
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame*, int error, void* user) {
    Self(user).fault_ = nghttp2_strerror(error);
    return 0;
  }

  static int OnError(nghttp2_session*, int, const char* text, size_t size, void* user) {
    Self(user).fault_.assign(text, size);
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    Self(user).OnStreamClosed(stream, error);
    return 0;
  }

  static int OnNotSent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    ClientCall* const call = Self(user).CallOf(frame->hd.stream_id);
    if (call != nullptr) call->fate_ = ClientCall::Fate::kUnsent;
    return 0;
  }

  // A call that was cancelled may be in use again, for another stream.
  static ssize_t NextData(nghttp2_session*, int32_t stream, uint8_t*, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void* user) {
    const auto& call = *static_cast<ClientCall*>(source->ptr);
    if (call.stream_ != stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Self(user).paused_ = Self(user).unsent_.size() >= kMaxUnsent;
    if (Self(user).paused_) return NGHTTP2_ERR_PAUSE;
    const size_t left = call.message_.size() - call.sent_;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= size) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(std::min(left, size));
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size,
                      nghttp2_data_source* source, void* user) {
    constexpr size_t kFrameHead = 9;
    auto& call = *static_cast<ClientCall*>(source->ptr);
    std::string& unsent = Self(user).unsent_;
    unsent.append(View(head, kFrameHead));
    unsent.append(call.message_.substr(call.sent_, size));
    call.sent_ += size;
    return 0;
  }

  static nghttp2_session* NewSession(ClientConnection& connection) {
    nghttp2_session_callbacks* callbacks = nullptr;
    HILLOCK_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &BeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &OnFrame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, &OnInvalidFrame);
    nghttp2_session_callbacks_set_error_callback2(callbacks, &OnError);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnStreamClosed);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &OnNotSent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, &SendData);
    nghttp2_session* session = nullptr;
    HILLOCK_CHECK(nghttp2_session_client_new(&session, callbacks, &connection) == 0);
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

ClientConnection::ClientConnection(EventLoop& loop, const UnaryMethod& method, Owner& owner,
                                   std::unique_ptr<ByteStream> stream)
    : loop_(loop),
      method_(method),
      owner_(owner),
      stream_(std::move(stream)),
      session_(Callbacks::NewSession(*this)) {
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
  if (ready() && waiting_.first == nullptr && streams_ < most_streams_) {
    Submit(call);
  } else {
    waiting_.Append(call);
  }
}

void ClientConnection::Submit(ClientCall& call) {
  std::array<nghttp2_nv, 8> with_deadline;
  const nghttp2_nv* headers = method_.headers_.data();
  size_t count = method_.headers_.size();
  std::string timeout;
  if (call.deadline_ != kNoDeadline) {
    std::copy_n(headers, count, with_deadline.begin());
    timeout = Timeout(call.deadline_ - Clock::Monotonic().Now());
    with_deadline[count++] = Header("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NO_INDEX);
    headers = with_deadline.data();
  }
  nghttp2_data_provider body{};
  body.source.ptr = &call;
  body.read_callback = &Callbacks::NextData;
  call.stream_ = nghttp2_submit_request(session_, nullptr, headers, count, &body, &call);
  HILLOCK_CHECK(call.stream_ > 0);
  call.fate_ = ClientCall::Fate::kTaken;
  ++streams_;
  open_.Append(call);
}

void ClientConnection::SubmitWaiting() {
  while (ready() && waiting_.first != nullptr && streams_ < most_streams_) {
    ClientCall& call = *waiting_.first;
    waiting_.Remove(call);
    Submit(call);
  }
}

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
  TellAnswers();
}

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

// Whether all has left.
bool ClientConnection::WriteAll() {
  while (deaf_.empty() && sent_ < unsent_.size()) {
    const IoResult result = stream_->Write(std::string_view(unsent_).substr(sent_));
    if (result.kind == IoResult::Kind::kWouldBlock) return false;
    if (result.kind == IoResult::Kind::kClosed) deaf_ = kClosedByServer;
    if (result.kind == IoResult::Kind::kFailed) deaf_ = Words(stream_->error());
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

void ClientConnection::OnEvents(uint32_t events) {
  if ((events & ~EPOLLOUT) != 0 || stream_->ReadWaitsToWrite()) Receive();
  if (ended_.empty()) return Flush();
  TellAnswers();
}

void ClientConnection::Receive() {
  while (ReadOnce() && stream_->HasBuffered()) continue;
}

// Whether there were bytes, and there may be more.
bool ClientConnection::ReadOnce() {
  const std::span<char> room(method_.read_buffer_.get(), UnaryMethod::kReadBytes);
  const IoResult result = stream_->Read(room);
  if (result.kind == IoResult::Kind::kWouldBlock) return false;
  if (result.kind == IoResult::Kind::kClosed) Lose(deaf_.empty() ? kClosedByServer : deaf_);
  if (result.kind == IoResult::Kind::kFailed) Lose(Words(stream_->error()));
  if (result.kind != IoResult::Kind::kBytes) return false;
  arrived_ = Clock::Monotonic().Now();
  const auto* const bytes = reinterpret_cast<const uint8_t*>(room.data());
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes, result.bytes);
  if (taken < 0) {
    Lose(fault_.empty() ? nghttp2_strerror(static_cast<int>(taken)) : fault_);
    return false;
  }
  TellWhatChanged();
  return state_ != State::kLost;
}

void ClientConnection::TellWhatChanged() {
  if (state_ == State::kConnecting && greeted_) {
    state_ = State::kReady;
    owner_.OnReady(*this);
  }
  if (usable() && !farewell_.empty()) {
    Retire(State::kDraining, absl::UnavailableError(farewell_));
  }
}

void ClientConnection::TellAnswers() {
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
    greeted_ = true;
    most_streams_ =
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

void ClientConnection::EndAll(CallList& list, const absl::Status& why) {
  while (list.first != nullptr) {
    ClientCall& call = *list.first;
    list.Remove(call);
    call.answer_.Fail(why.code(), Words(why));
    ended_.push_back(&call);
  }
}

void ClientConnection::Retire(State state, const absl::Status& why) {
  const bool was_usable = usable();
  state_ = state;
  arrived_ = Clock::Monotonic().Now();
  EndAll(waiting_, why);
  if (state == State::kLost) EndAll(open_, why);
  if (was_usable) owner_.OnUnusable(*this, why);
}

void ClientConnection::Lose(std::string_view why) {
  const bool was_ready = state_ != State::kConnecting;
  if (watched_ != 0) loop_.Remove(stream_->descriptor(), *this);
  watched_ = 0;
  Retire(State::kLost, absl::UnavailableError(fmt::format(
                           "{}: {}", was_ready ? "connection lost" : "not connected", why)));
}

void ClientConnection::CallList::Append(ClientCall& call) {
  call.previous_ = last;
  call.next_ = nullptr;
  (last == nullptr ? first : last->next_) = &call;
  last = &call;
  ++size;
}

void ClientConnection::CallList::Remove(ClientCall& call) {
  (call.previous_ == nullptr ? first : call.previous_->next_) = call.next_;
  (call.next_ == nullptr ? last : call.next_->previous_) = call.previous_;
  --size;
}

}  // namespace hillock::transport
