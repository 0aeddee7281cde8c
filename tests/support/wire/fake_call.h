// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_WIRE_FAKE_CALL_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_FAKE_CALL_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/transport/grpc/call.h"
#include "server/transport/net/event_loop.h"

namespace hillock::testing {

// A call whose client is the test, on an event loop that the test polls. What the handler sends
// leaves at once, unless the client has stopped reading. The handler hears of the end of the call
// as the transport does it: when the status has left, not while it finishes.
class FakeCall final : public transport::Call {
 public:
  explicit FakeCall(transport::EventLoop& loop, std::string path = "")
      : loop_(loop), path_(std::move(path)) {}

  // The client leaves, if the call is still open.
  ~FakeCall() override;

  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  // The call's handler, or null. REQUIRES: called before anything below but SetMetadata(), and
  // after whatever its router does to the call.
  void Open(transport::Handler* handler) {
    handler_ = handler;
    routed_ = true;
  }

  // What the client does. All but the first does nothing once the call is over.
  void SetMetadata(std::string name, std::string value) {
    metadata_.emplace_back(std::move(name), std::move(value));
  }
  void Send(std::string_view message);
  void HalfClose();
  void SendAll(std::string_view message) {  // its only message
    Send(message);
    HalfClose();
  }
  void Leave();
  void StopReading() { reads_ = false; }
  void ReadAll();  // what has been sent, and from now on again

  // What the transport does.
  void Break(const absl::Status& status);
  void Drain();

  // Polls the loop until the call is over.
  void AwaitEnd();

  // What the client has received.
  const std::vector<std::string>& received() const { return received_; }
  const std::optional<absl::Status>& status() const { return status_; }

  // What the server has finished the call with, if it has.
  const std::optional<absl::Status>& finished() const { return finished_; }

  bool open() const { return handler_ != nullptr; }
  bool paused() const { return paused_; }

  transport::EventLoop& loop() override { return loop_; }
  transport::Peer& peer() override { return peer_; }
  std::string_view path() const override { return path_; }
  Nanos deadline() const override { return kNoDeadline; }
  std::string_view metadata(std::string_view name) const override;
  transport::Metadata AllMetadata() const override { return metadata_; }
  transport::Buffer NewBuffer() override { return transport::Buffer(account_); }
  void AddInitialMetadata(std::string, std::string) override {}
  void Send(transport::Buffer message, bool compress) override;
  void Finish(const absl::Status& status, transport::Metadata trailers) override;
  void SetPaused(bool paused) override { paused_ = paused; }
  size_t unsent_bytes() const override { return unsent_bytes_; }

 private:
  void CloseIfFinished();

  transport::EventLoop& loop_;
  const std::string path_;
  transport::Peer peer_;
  transport::Metadata metadata_;
  transport::MemoryBudget budget_{size_t{1} << 30};
  transport::MemoryAccount account_{budget_};
  transport::Handler* handler_ = nullptr;
  bool routed_ = false;  // Open() was called
  bool reads_ = true;
  bool paused_ = false;
  std::vector<std::string> unread_;
  size_t unsent_bytes_ = 0;
  std::vector<std::string> received_;
  std::optional<absl::Status> finished_;  // by the handler
  std::optional<absl::Status> status_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_FAKE_CALL_H_
