#include "server/transport/http2/stream.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <iterator>
#include <utility>

#include "server/transport/http2/connection.h"
#include "server/transport/http2/endpoint.h"

namespace hillock::transport {
namespace {

// As HTTP/2 counts them: names, values and 32 bytes a field (RFC 9113, section 6.5.2). More than
// any client sends unless it means harm; gRPC's own servers take 16 KiB at most.
constexpr size_t kMaxHeaderBytes = 16 << 10;
constexpr size_t kHeaderOverhead = 32;

// A client that sends more than this gets a reset instead of a status: a byte of a compressed block
// may stand for thousands, and to look at each of those takes time.
constexpr size_t kResetHeaderBytes = 64 << 10;

// A message up to this size gets its memory at once, by what its prefix says; a larger one as it
// arrives, so that a prefix alone takes nothing.
constexpr size_t kReservedAtOnce = size_t{256} << 10;

// What is decompressed at once; a larger message goes on in slices.
constexpr size_t kInflatedAtOnce = size_t{64} << 10;

// How much of a stream's window is given back at a time.
constexpr size_t kConsumeStep = size_t{128} << 10;

// Whoever leaves this much of his answers unread gets no further ones.
constexpr size_t kMaxUnreadBytes = size_t{64} << 20;

// How long after its deadline an answer that nobody takes is dropped.
constexpr Nanos kDeadlineGrace = 1'000'000'000;

// Buffers that a stream keeps from one call to the next.
constexpr size_t kKeptHeaderBytes = 1 << 10;
constexpr size_t kKeptFields = 64;
constexpr size_t kKeptMessages = 64;

constexpr auto kStaticField =
    static_cast<uint8_t>(NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);

nghttp2_nv MakeField(std::string_view name, std::string_view value, uint8_t flags) {
  // nghttp2 does not write to them.
  auto* const n = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  auto* const v = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  return {n, v, name.size(), value.size(), flags};
}

nghttp2_nv StaticField(std::string_view name, std::string_view value) {
  return MakeField(name, value, kStaticField);
}

// Metadata as it goes onto the wire, which nghttp2 copies.
class Fields {
 public:
  void AddStatic(const nghttp2_nv& field) { fields_.push_back(field); }

  void Add(const Metadata& metadata) {
    for (const auto& [name, value] : metadata) {
      const bool binary = name.ends_with("-bin");
      texts_.push_back(binary ? EncodeBase64(value) : value);
      fields_.push_back(MakeField(name, texts_.back(), NGHTTP2_NV_FLAG_NONE));
    }
  }

  // `message` must outlive this.
  void AddStatus(uint8_t code, std::string_view message) {
    number_ = fmt::format_int(code).str();
    fields_.push_back(MakeField("grpc-status", number_, NGHTTP2_NV_FLAG_NONE));
    if (!message.empty()) {
      fields_.push_back(MakeField("grpc-message", message, NGHTTP2_NV_FLAG_NO_INDEX));
    }
  }

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<nghttp2_nv> fields_;
  std::deque<std::string> texts_;  // whose elements stay where they are
  std::string number_;
};

const nghttp2_nv kResponseHeaders[] = {StaticField(":status", "200"),
                                       StaticField("content-type", "application/grpc")};
const nghttp2_nv kOkTrailers[] = {StaticField("grpc-status", "0")};

ssize_t ReadSource(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                   nghttp2_data_source* source, void*) {
  return static_cast<Stream*>(source->ptr)->Provide(length, *flags);
}

// Names that HTTP/2 and gRPC give a meaning are no metadata.
bool IsMetadata(std::string_view name) {
  return !name.starts_with(':') && !name.starts_with("grpc-") && name != "te" &&
         name != "content-type" && name != "content-length" && name != "user-agent" &&
         name != "accept-encoding";
}

absl::Status OutOfMemory() {
  return absl::ResourceExhaustedError("the server's memory for requests is used up");
}

}  // namespace

void Stream::Open(Connection& connection, int32_t id) {
  connection_ = &connection;
  handler_ = nullptr;
  id_ = id;
  path_.clear();
  header_bytes_.clear();
  fields_.clear();
  header_size_ = 0;
  post_ = grpc_ = accepts_gzip_ = bad_timeout_ = false;
  encoding_ = Encoding::kIdentity;
  deadline_ = kNoDeadline;
  prefix_size_ = message_size_ = 0;
  message_ = NewBuffer();
  unparsed_ = NewBuffer();
  unparsed_at_ = unconsumed_ = 0;
  parsing_ = paused_ = data_ended_ = half_close_told_ = drain_told_ = false;
  sending_ = Sending::kNothing;
  sends_gzip_ = false;
  out_first_ = out_at_ = unsent_ = 0;
  deferred_ = ended_ = status_sent_ = sent_noted_ = false;
  status_code_ = 0;
}

void Stream::Close() {
  if (inflater_) {
    connection_->endpoint().RemoveInflating(*this);
    inflater_.reset();
  }
  connection_->SubtractIncoming(message_.allocated() + unparsed_.allocated());
  connection_->SubtractUnsent(unsent_);
  message_.Free();
  unparsed_.Free();
  out_.clear();
  if (out_.capacity() > kKeptMessages) out_.shrink_to_fit();
  if (header_bytes_.capacity() > kKeptHeaderBytes) std::string().swap(header_bytes_);
  if (path_.capacity() > kKeptHeaderBytes) std::string().swap(path_);
  if (fields_.capacity() > kKeptFields) std::vector<Field>().swap(fields_);
  initial_metadata_.clear();
  trailers_.clear();
  status_message_.clear();
  ended_ = true;
  if (Handler* const handler = std::exchange(handler_, nullptr)) handler->OnClosed(status_sent_);
}

EventLoop& Stream::loop() { return connection_->endpoint().loop(); }

Buffer Stream::NewBuffer() { return Buffer(connection_->endpoint().account()); }

// --- What the request's headers say.

bool Stream::AddHeader(std::string_view name, std::string_view value, bool trailing) {
  header_size_ += name.size() + value.size() + kHeaderOverhead;
  if (header_size_ <= kMaxHeaderBytes && !trailing) KeepHeader(name, value);
  return header_size_ <= kResetHeaderBytes;
}

void Stream::KeepHeader(std::string_view name, std::string_view value) {
  if (name == ":path") {
    path_ = value;
  } else if (name == ":method") {
    post_ = value == "POST";
  } else if (name == "content-type") {
    grpc_ = IsGrpcContentType(value);
  } else if (name == "grpc-timeout") {
    const std::optional<Nanos> timeout = ParseTimeout(value);
    bad_timeout_ = !timeout;
    if (timeout) deadline_ = connection_->endpoint().clock().Now() + *timeout;
  } else if (name == "grpc-encoding") {
    encoding_ = FindEncoding(value);
  } else if (name == "grpc-accept-encoding") {
    accepts_gzip_ = value.find("gzip") != std::string_view::npos;
  } else if (IsMetadata(name)) {
    fields_.push_back({header_bytes_.size(), name.size(), value.size()});
    header_bytes_.append(name).append(value);
  }
}

Stream::Header Stream::HeaderAt(const Field& field) const {
  const std::string_view bytes = header_bytes_;
  return {bytes.substr(field.begin, field.name),
          bytes.substr(field.begin + field.name, field.value)};
}

std::string_view Stream::metadata(std::string_view name) const {
  for (const Field& field : fields_) {
    if (const Header header = HeaderAt(field); header.name == name) return header.value;
  }
  return {};
}

Metadata Stream::AllMetadata() const {
  Metadata all;
  for (const Field& field : fields_) {
    const auto [name, value] = HeaderAt(field);
    const bool binary = name.ends_with("-bin");
    all.emplace_back(name, binary ? DecodeBase64(value) : std::string(value));
  }
  return all;
}

absl::Status Stream::CheckHeaders() const {
  if (header_size_ > kMaxHeaderBytes) {
    return absl::ResourceExhaustedError(
        fmt::format("got {} bytes of headers, want at most {}", header_size_, kMaxHeaderBytes));
  }
  if (!encoding_) {
    return absl::UnimplementedError(
        fmt::format("got messages in a grpc-encoding that is not supported, want one of {}",
                    kAcceptedEncodings));
  }
  if (bad_timeout_) {
    return absl::InternalError("got a grpc-timeout that is none, want digits and a unit");
  }
  if (connection_->unsent() > kMaxUnreadBytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{} bytes of answers wait to be read on this connection, want at most {}",
                    connection_->unsent(), kMaxUnreadBytes));
  }
  return absl::OkStatus();
}

void Stream::EndHeaders() {
  const bool fits = header_size_ <= kMaxHeaderBytes;
  if (fits && !post_) return Reject("405");
  if (fits && !grpc_) return Reject("415");
  if (absl::Status status = CheckHeaders(); !status.ok()) {
    if (!encoding_) AddInitialMetadata("grpc-accept-encoding", std::string(kAcceptedEncodings));
    return Finish(status, {});
  }
  handler_ = connection_->endpoint().router().Open(*this);
  if (handler_ == nullptr && !ended_) {
    Finish(absl::UnimplementedError(fmt::format("unknown method {}", Excerpt(path_))), {});
  }
}

// --- Receiving.

void Stream::AddData(std::string_view bytes) {
  if (!TakesMessages() || parsing_ || !unparsed_.empty()) {
    if (ended_) {
      Consume(bytes.size());
    } else {
      Keep(bytes);
    }
    return;
  }
  const size_t taken = Parse(bytes);
  if (taken < bytes.size() && !ended_) Keep(bytes.substr(taken));
}

void Stream::EndData() {
  data_ended_ = true;
  TellHalfClose();
}

// Bounded by the stream's window, as what is kept is not given back to it.
void Stream::Keep(std::string_view bytes) {
  const size_t before = unparsed_.allocated();
  const bool kept = unparsed_.TryReserve(unparsed_.size() + bytes.size());
  connection_->AddIncoming(unparsed_.allocated() - before);
  if (!kept) return Break(OutOfMemory());
  unparsed_.Append(bytes);
}

void Stream::ParseKept() {
  if (parsing_ || unparsed_.empty()) return;
  unparsed_at_ += Parse(unparsed_.view().substr(unparsed_at_));
  if (unparsed_at_ < unparsed_.size()) return DropParsed();
  connection_->SubtractIncoming(unparsed_.allocated());
  unparsed_.Free();
  unparsed_at_ = 0;
}

// What has been parsed is given back to the window, so it must not stay: a client that is always
// ahead would make the buffer grow for as long as the call goes on. It goes when it is the larger
// part, so that few bytes move.
void Stream::DropParsed() {
  if (unparsed_at_ > unparsed_.size() / 2) unparsed_.DropFront(std::exchange(unparsed_at_, 0));
}

// Returns how many bytes were taken: all, unless the handler pauses or a message is decompressed.
size_t Stream::Parse(std::string_view bytes) {
  parsing_ = true;
  size_t at = 0;
  while (at < bytes.size() && TakesMessages()) {
    if (prefix_size_ < kPrefixBytes) {
      prefix_[prefix_size_++] = bytes[at++];
      if (prefix_size_ < kPrefixBytes || !BeginMessage()) continue;
    } else {
      const size_t some = std::min(message_size_ - message_.size(), bytes.size() - at);
      if (!MakeRoom(some)) break;
      message_.Append(bytes.substr(at, some));
      at += some;
    }
    if (message_.size() == message_size_) EndMessage();
  }
  parsing_ = false;
  if (ended_) at = bytes.size();
  Consume(at);
  return at;
}

// False when the call is broken.
bool Stream::BeginMessage() {
  const auto flag = static_cast<uint8_t>(prefix_[0]);
  if (flag > 1) {
    Break(absl::InternalError(
        fmt::format("got a message whose compression flag is {}, want 0 or 1", flag)));
    return false;
  }
  if (flag == 1 && encoding_ == Encoding::kIdentity) {
    Break(absl::InternalError("got a compressed message without a grpc-encoding"));
    return false;
  }
  message_size_ = ReadLength(prefix_.data());
  const size_t most = connection_->endpoint().options().max_message_bytes;
  if (message_size_ > most) {
    Break(absl::ResourceExhaustedError(
        fmt::format("got a message of {} bytes, want at most {}", message_size_, most)));
    return false;
  }
  return true;
}

// Room for `bytes` more of the message. False when the call is broken for want of memory.
bool Stream::MakeRoom(size_t bytes) {
  const size_t before = message_.allocated();
  const size_t needed = message_.size() + bytes;
  if (needed + Buffer::kHeadroom <= before) return true;
  const size_t wanted = message_size_ <= kReservedAtOnce
                            ? message_size_
                            : std::min(message_size_, std::max(needed, 2 * message_.size()));
  const size_t most = connection_->endpoint().options().max_connection_bytes;
  if (connection_->incoming() + wanted > most + before) {
    Break(absl::ResourceExhaustedError(
        fmt::format("this connection has {} bytes of unfinished messages, want at most {}",
                    connection_->incoming(), most)));
    return false;
  }
  if (!message_.TryReserve(wanted)) {
    Break(OutOfMemory());
    return false;
  }
  connection_->AddIncoming(message_.allocated() - before);
  return true;
}

void Stream::EndMessage() {
  const bool compressed = prefix_[0] == 1;
  prefix_size_ = 0;
  connection_->SubtractIncoming(message_.allocated());
  Buffer message = std::exchange(message_, NewBuffer());
  if (!compressed) return Deliver(std::move(message));
  inflater_ = std::make_unique<Inflater>(
      std::move(message), connection_->endpoint().options().max_message_bytes, NewBuffer());
  connection_->endpoint().AddInflating(*this);
  Inflate(kInflatedAtOnce);
}

bool Stream::Inflate(size_t bytes) {
  const absl::StatusOr<bool> done = inflater_->Step(bytes);
  if (done.ok() && !*done) return true;
  connection_->endpoint().RemoveInflating(*this);
  Buffer message = inflater_->TakeOutput();
  inflater_.reset();
  if (!done.ok()) {
    Break(done.status());
  } else {
    Deliver(std::move(message));
    ParseKept();
    TellHalfClose();
  }
  return false;
}

void Stream::Deliver(Buffer message) {
  if (handler_ != nullptr && !ended_) handler_->OnMessage(std::move(message));
}

void Stream::Consume(size_t bytes) {
  unconsumed_ += bytes;
  if (unconsumed_ < kConsumeStep || data_ended_) return;
  nghttp2_session_consume_stream(connection_->session(), id_, std::exchange(unconsumed_, 0));
  connection_->MarkDirty();
}

void Stream::TellHalfClose() {
  if (!data_ended_ || half_close_told_ || ended_ || inflater_ || parsing_) return;
  if (!unparsed_.empty()) return;
  half_close_told_ = true;
  if (prefix_size_ > 0) return Break(absl::InternalError("got the end of the call in a message"));
  if (handler_ != nullptr) handler_->OnHalfClose();
}

void Stream::SetPaused(bool paused) {
  paused_ = paused;
  if (paused) return;
  ParseKept();
  TellHalfClose();
}

void Stream::Break(const absl::Status& status) {
  if (ended_) return;
  if (handler_ != nullptr) handler_->OnBroken(status);
  if (!ended_) Finish(status, {});
}

void Stream::Drain() {
  if (handler_ == nullptr || ended_ || std::exchange(drain_told_, true)) return;
  handler_->OnDrain();
}

void Stream::CheckDeadline(Nanos now) {
  if (now < deadline_) return;
  if (!ended_ && !half_close_told_) {
    return Break(
        absl::DeadlineExceededError("the deadline passed before the request was complete"));
  }
  if (now < deadline_ + kDeadlineGrace) return;
  deadline_ = kNoDeadline;  // once is enough, however long the peer takes to read it
  nghttp2_submit_rst_stream(connection_->session(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_CANCEL);
  connection_->MarkDirty();
}

// --- Sending.

void Stream::AddInitialMetadata(std::string name, std::string value) {
  HILLOCK_CHECK(sending_ == Sending::kNothing);
  initial_metadata_.emplace_back(std::move(name), std::move(value));
}

void Stream::Send(Buffer message, bool compress) {
  HILLOCK_CHECK(!ended_);
  if (sending_ == Sending::kNothing) sends_gzip_ = compress && accepts_gzip_;
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
  unsent_ += message.size();
  connection_->AddUnsent(message.size());
  out_.push_back(std::move(message));
  if (sending_ == Sending::kNothing) {
    SubmitHeaders();
  } else if (std::exchange(deferred_, false)) {
    nghttp2_session_resume_data(connection_->session(), id_);
  }
  connection_->MarkDirty();
}

void Stream::Finish(const absl::Status& status, Metadata trailers) {
  HILLOCK_CHECK(!ended_);
  ended_ = true;
  status_code_ = static_cast<uint8_t>(status.raw_code());
  if (!status.ok()) status_message_ = PercentEncode(std::string(status.message()));
  trailers_ = std::move(trailers);
  if (sending_ == Sending::kNothing) {
    SubmitOnlyHeaders();
  } else if (std::exchange(deferred_, false)) {
    nghttp2_session_resume_data(connection_->session(), id_);
  }
  connection_->MarkDirty();
}

// For what is not gRPC.
void Stream::Reject(const char* http_status) {
  ended_ = true;
  sending_ = Sending::kTrailers;
  const nghttp2_nv header = MakeField(":status", http_status, NGHTTP2_NV_FLAG_NONE);
  nghttp2_submit_response(connection_->session(), id_, &header, 1, nullptr);
  connection_->MarkDirty();
}

void Stream::SubmitHeaders() {
  sending_ = Sending::kHeaders;
  nghttp2_data_provider source{};
  source.source.ptr = this;
  source.read_callback = ReadSource;
  nghttp2_session* const session = connection_->session();
  if (initial_metadata_.empty() && !sends_gzip_) {
    nghttp2_submit_response(session, id_, kResponseHeaders, std::size(kResponseHeaders), &source);
    return;
  }
  Fields fields;
  for (const nghttp2_nv& field : kResponseHeaders) fields.AddStatic(field);
  if (sends_gzip_) fields.AddStatic(StaticField("grpc-encoding", "gzip"));
  fields.Add(initial_metadata_);
  nghttp2_submit_response(session, id_, fields.data(), fields.size(), &source);
}

void Stream::SubmitOnlyHeaders() {
  sending_ = Sending::kTrailers;
  Fields fields;
  for (const nghttp2_nv& field : kResponseHeaders) fields.AddStatic(field);
  fields.Add(initial_metadata_);
  fields.AddStatus(status_code_, status_message_);
  fields.Add(trailers_);
  nghttp2_submit_response(connection_->session(), id_, fields.data(), fields.size(), nullptr);
}

void Stream::SubmitTrailers() {
  sending_ = Sending::kTrailers;
  nghttp2_session* const session = connection_->session();
  if (status_code_ == 0 && trailers_.empty()) {
    nghttp2_submit_trailer(session, id_, kOkTrailers, std::size(kOkTrailers));
    return;
  }
  Fields fields;
  fields.AddStatus(status_code_, status_message_);
  fields.Add(trailers_);
  nghttp2_submit_trailer(session, id_, fields.data(), fields.size());
}

ssize_t Stream::Provide(size_t length, uint32_t& flags) {
  const size_t some = std::min(length, unsent_);
  if (some == unsent_ && ended_) {
    flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    SubmitTrailers();
  } else if (some == 0) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (some > 0) flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ssize_t>(some);
}

void Stream::WriteFrame(std::string_view frame_header, size_t length, Buffer& out) {
  unsent_ -= length;
  connection_->SubtractUnsent(length);
  out.Append(frame_header);
  while (length > 0) {
    Buffer& message = out_[out_first_];
    const size_t some = std::min(length, message.size() - out_at_);
    out.Append(message.view().substr(out_at_, some));
    length -= some;
    out_at_ += some;
    if (out_at_ < message.size()) break;
    message.Free();
    out_at_ = 0;
    ++out_first_;
  }
  if (out_first_ == out_.size() || out_first_ == kKeptMessages) {
    out_.erase(out_.begin(), out_.begin() + static_cast<ptrdiff_t>(out_first_));
    out_first_ = 0;
  }
  if (!ended_ && !std::exchange(sent_noted_, true)) connection_->NoteSent(*this);
}

void Stream::TellSent() {
  sent_noted_ = false;
  if (handler_ != nullptr && !ended_) handler_->OnSent();
}

void Stream::StatusSent() {
  status_sent_ = true;
  if (data_ended_) return;
  nghttp2_submit_rst_stream(connection_->session(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
}

}  // namespace hillock::transport
