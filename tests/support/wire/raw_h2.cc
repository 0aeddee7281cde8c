// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire/raw_h2.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

constexpr std::chrono::minutes kLongest{1};
constexpr std::chrono::seconds kStalled{1};

// What is sent at a time when many small pieces are.
constexpr size_t kBatch = size_t{64} << 10;

// An integer of HPACK with a prefix of 7 bits (RFC 7541, section 5.1).
std::string Length(size_t value) {
  constexpr size_t kPrefixMax = 127;
  if (value < kPrefixMax) return std::string(1, static_cast<char>(value));
  std::string bytes(1, static_cast<char>(kPrefixMax));
  for (value -= kPrefixMax; value >= 128; value /= 128) {
    bytes += static_cast<char>(value % 128 + 128);
  }
  return bytes += static_cast<char>(value);
}

uint32_t ReadNumber(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

}  // namespace

std::string Number(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

std::string Frame(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame = Number(static_cast<uint32_t>(payload.size())).substr(1);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  return frame.append(Number(stream)).append(payload);
}

std::string Hello(const std::vector<std::pair<uint16_t, uint32_t>>& settings) {
  std::string payload;
  for (const auto& [identifier, value] : settings) {
    payload += Number(identifier).substr(2) + Number(value);
  }
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(FrameType::kSettings, kNoFlags, 0, payload);
}

std::string SettingsAck() { return Frame(FrameType::kSettings, kAck, 0); }

std::string Field(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field.append(Length(name.size())).append(name);
  return field.append(Length(value.size())).append(value);
}

std::string CallFields(std::string_view path) {
  return Field(":method", "POST") + Field(":scheme", "http") + Field(":authority", "test") +
         Field(":path", path) + Field("content-type", "application/grpc") + Field("te", "trailers");
}

std::string CallHeaders(uint32_t stream, std::string_view path, uint8_t flags,
                        std::string_view further_fields) {
  return Frame(FrameType::kHeaders, flags | kEndHeaders, stream,
               CallFields(path).append(further_fields));
}

std::string DataFrames(uint32_t stream, std::string_view bytes, bool end) {
  std::string frames;
  do {
    const std::string_view payload = bytes.substr(0, kMaxPayload);
    bytes.remove_prefix(payload.size());
    frames +=
        Frame(FrameType::kData, end && bytes.empty() ? kEndStream : kNoFlags, stream, payload);
  } while (!bytes.empty());
  return frames;
}

Descriptor ConnectTcp(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  HILLOCK_CHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) == 1);
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  HILLOCK_CHECK(socket.get() >= 0);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    return Descriptor(-1);
  }
  return socket;
}

RawH2::RawH2(const std::string& address, Reading reading)
    : socket_(ConnectTcp(address)), reading_(reading) {}

bool RawH2::Await(short events, std::chrono::milliseconds timeout) const {
  pollfd wanted = {socket_.get(), events, 0};
  return poll(&wanted, 1, static_cast<int>(timeout.count())) > 0;
}

bool RawH2::Send(std::string_view bytes) {
  while (connected() && !bytes.empty()) {
    const ssize_t sent =
        send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN) {
      closed_ = true;
    } else if (reading_ == Reading::kNothing) {
      if (!Await(POLLOUT, kStalled)) return false;
    } else if (!Await(POLLIN | POLLOUT, kLongest)) {
      return false;
    }
    Read();
  }
  return bytes.empty();
}

bool RawH2::SendMany(uint32_t count, const std::function<std::string(uint32_t)>& make) {
  std::string batch;
  for (uint32_t i = 0; i < count; ++i) {
    batch += make(i);
    if (batch.size() < kBatch && i + 1 < count) continue;
    if (!Send(batch)) return false;
    batch.clear();
  }
  return true;
}

bool RawH2::ReadUntil(const std::function<bool()>& holds) {
  while (!holds() && connected()) {
    if (!Await(POLLIN, kLongest)) return false;
    Read();
  }
  return holds();
}

bool RawH2::ReadUntilClosed() {
  return ReadUntil([this] { return closed_; });
}

size_t RawH2::Frames(FrameType type) const { return frames_[static_cast<uint8_t>(type)]; }

void RawH2::Vanish() {
  const linger reset = {1, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  socket_ = Descriptor(-1);
  closed_ = true;
}

void RawH2::Read() {
  if (reading_ == Reading::kNothing) return;
  std::array<char, 65536> buffer;
  while (connected()) {
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) closed_ = true;
    if (size > 0) Parse({buffer.data(), static_cast<size_t>(size)});
  }
}

void RawH2::Parse(std::string_view bytes) {
  while (!bytes.empty()) {
    const bool in_header = head_.size() < kFrameHeader;
    const size_t wanted = in_header ? kFrameHeader - head_.size() : remaining_;
    const std::string_view taken = bytes.substr(0, wanted);
    bytes.remove_prefix(taken.size());
    const bool kept = in_header || head_[3] == static_cast<char>(FrameType::kGoAway);
    if (kept) head_ += taken;
    if (!in_header) remaining_ -= taken.size();
    if (head_.size() < kFrameHeader) continue;
    if (in_header) remaining_ = ReadNumber('\0' + head_.substr(0, 3));
    if (remaining_ == 0) EndFrame();
  }
}

void RawH2::EndFrame() {
  ++frames_[static_cast<uint8_t>(head_[3])];
  constexpr size_t kCodeAt = kFrameHeader + 4;
  if (head_[3] == static_cast<char>(FrameType::kGoAway)) {
    goaway_code_ = ReadNumber(head_.substr(kCodeAt));
  }
  head_.clear();
}

}  // namespace hillock::testing
