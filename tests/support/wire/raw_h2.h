// SPDX-License-Identifier: Apache-2.0

// HTTP/2 written by hand, for what no library would send.

#ifndef HILLOCK_TESTS_SUPPORT_WIRE_RAW_H2_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_RAW_H2_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/descriptor.h"

namespace hillock::testing {

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kNoFlags = 0;
inline constexpr uint8_t kAck = 0x1;
inline constexpr uint8_t kEndStream = 0x1;
inline constexpr uint8_t kEndHeaders = 0x4;

// The largest payload that a peer takes unless it says otherwise (RFC 9113, section 4.2).
inline constexpr size_t kMaxPayload = 16384;

std::string Frame(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload = {});

// Four bytes, the most significant first.
std::string Number(uint32_t number);

// What a client begins with: the preface and its SETTINGS, of pairs of identifier and value.
std::string Hello(const std::vector<std::pair<uint16_t, uint32_t>>& settings = {});
inline constexpr uint16_t kInitialWindowSize = 4;  // an identifier

// Takes the server's SETTINGS, without a look at them. Until then a stream has a window of 65,535
// bytes (RFC 9113, section 6.9.2).
std::string SettingsAck();

// A field of a header block: literal, never indexed (RFC 7541, section 6.2.2).
std::string Field(std::string_view name, std::string_view value);

// The fields of a gRPC call of `path`.
std::string CallFields(std::string_view path);

// HEADERS of that call, whole. `flags`: kEndStream, or none.
std::string CallHeaders(uint32_t stream, std::string_view path, uint8_t flags = kNoFlags,
                        std::string_view further_fields = {});

// DATA frames that hold `bytes`. `end`: the last one ends the stream.
std::string DataFrames(uint32_t stream, std::string_view bytes, bool end);

// A client's end of a connection, which blocks for a minute at most. It answers nothing by itself.
class RawH2 {
 public:
  enum class Reading { kAll, kNothing };

  // Connects to HOST:PORT over IPv4, and says nothing yet.
  explicit RawH2(const std::string& address, Reading reading = Reading::kAll);

  // Sends all of it, and reads and forgets what has come meanwhile. False when the server has
  // closed, or takes no more for a second while nothing is read from it.
  bool Send(std::string_view bytes);

  // Sends what `make` makes for 0, 1 ... `count` - 1. False when that is not taken to its end.
  bool SendMany(uint32_t count, const std::function<std::string(uint32_t)>& make);

  // Reads until that holds, or the server closes. False when it does not hold in the end.
  bool ReadUntil(const std::function<bool()>& holds);
  bool ReadUntilClosed();

  // Whole frames of a type that have been read so far.
  size_t Frames(FrameType type) const;
  uint32_t goaway_code() const { return goaway_code_; }
  bool closed() const { return closed_; }

  // Leaves with a RST instead of a FIN, as one whose process is gone does.
  void Vanish();

 private:
  bool connected() const { return socket_.get() >= 0 && !closed_; }
  bool Await(short events, std::chrono::milliseconds timeout) const;
  void Read();
  void Parse(std::string_view bytes);
  void EndFrame();

  static constexpr size_t kFrameHeader = 9;

  Descriptor socket_;
  Reading reading_;
  bool closed_ = false;
  std::string head_;      // of the frame that is arriving: its header, and the payload of a GOAWAY
  size_t remaining_ = 0;  // of its payload
  std::array<size_t, 256> frames_{};
  uint32_t goaway_code_ = 0;
};

// A TCP connection to HOST:PORT over IPv4; negative when it is refused.
Descriptor ConnectTcp(const std::string& address);

// What a stream's number is when it is a client's n-th, from 0.
inline uint32_t StreamId(uint32_t n) { return 2 * n + 1; }

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_RAW_H2_H_
