// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_FUZZ_CALL_MODEL_H_
#define HILLOCK_TESTS_FUZZ_CALL_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/transport/grpc/compression.h"
#include "tests/support/wire/h2_peer.h"

namespace hillock::fuzz {

// A FuzzServer's methods, and one that it has not.
enum class Method {
  kEcho,
  kEchoAtEnd,
  kEchoSlowly,
  kUnary,
  kInfer,
  kStreamInfer,
  kWatch,
  kUnknown
};
inline constexpr size_t kMethods = 8;

std::string PathOf(Method method);

// The largest message that the server takes; of its calls, that is.
inline constexpr size_t kMaxMessage = size_t{1} << 16;

// What is wrong with a message, from gRPC's point of view.
enum class Flaw {
  kNone,
  kFlag,           // neither compressed nor not
  kUnannounced,    // compressed, which the call's headers do not say
  kNotCompressed,  // though it says so
  kTooLarge,
  kTooLargeInside,  // when it is decompressed
  kOnlyDeclared,    // a gigabyte, of which nothing comes
};
inline constexpr size_t kFlaws = 7;

// What happened to a call or its connection, so that it may end otherwise than its messages say.
struct Circumstances {
  bool reset = false;    // by the client
  bool refused = false;  // it came after the last one that the server has promised to answer
  bool dropped = false;  // the connection ended before the call
  bool expired = false;  // its deadline has passed
  bool drained = false;  // the server has asked calls without an end to come to theirs
};

// What a client has sent on one call, and so what must have come back when everything has been
// delivered, taken and computed.
class CallModel {
 public:
  CallModel(Method method, transport::Encoding encoding, size_t number)
      : method_(method), encoding_(encoding), number_(number) {}

  Method method() const { return method_; }

  // The bytes of a further message, which `variant` chooses.
  std::string Compose(uint8_t variant, Flaw flaw, bool compressed);

  // How many of the bytes composed so far have been sent, and that no more will be.
  void SetSent(size_t bytes) { sent_ = bytes; }
  void SetEnded() { ended_ = true; }

  // Aborts when the answer is not one of those that are right.
  void Check(const testing::H2Answer& answer, const Circumstances& circumstances) const;

 private:
  struct Message {
    std::string payload;
    absl::StatusCode code;    // what the method makes of it
    absl::StatusCode flaw{};  // what the transport does, or kOk
    size_t known_at = 0;      // of all bytes, with how many the flaw, or the message, is complete
  };
  // What comes of what has been sent.
  struct Outcome {
    std::vector<const Message*> delivered{};
    bool over = false;  // and `status` is how
    absl::StatusCode status = absl::StatusCode::kOk;
  };

  Message Choose(uint8_t variant) const;
  Outcome Transported() const;
  Outcome Expected() const;
  void JudgeUnary(Outcome& outcome) const;
  bool IsUnary() const { return method_ == Method::kUnary || method_ == Method::kInfer; }
  void CheckEnd(const testing::H2Answer& answer, const Outcome& expected,
                const Circumstances& circumstances) const;
  void CheckAnswer(const Message& message, const std::string& answer, bool expired) const;

  const Method method_;
  const transport::Encoding encoding_;
  const size_t number_;
  std::vector<Message> messages_;
  size_t composed_ = 0;
  size_t sent_ = 0;
  bool ended_ = false;
};

}  // namespace hillock::fuzz

#endif  // HILLOCK_TESTS_FUZZ_CALL_MODEL_H_
