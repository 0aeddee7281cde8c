// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_REQUEST_LOG_H_
#define HILLOCK_SERVER_RPC_INFERENCE_REQUEST_LOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"

namespace hillock::rpc {

// What is known of an inference request once it is over. What it points to is valid for as long as
// the log is told.
struct RequestRecord {
  std::string_view model;  // empty: it could not be read
  int64_t version = 0;     // that it was routed to; 0: to none
  size_t rows = 0;         // 0: it was not read that far
  const absl::Status& status;
  Nanos queue = 0;  // 0, as the next, where it failed
  Nanos compute = 0;
  Nanos total = 0;
  std::string_view id;
  std::string_view trace_id;
};

// Chooses the requests of one reactor that are logged: an even share of all, and those that failed
// by a fault of the server, of which a second has at most kMaxFaults. Belongs to the reactor's
// thread.
class RequestLog {
 public:
  static constexpr int kMaxFaults = 10;

  using Write = std::function<void(const RequestRecord& record)>;

  // share: 0 to 1. `write` must not wait.
  RequestLog(double share, Write write) : share_(share), write_(std::move(write)) {}

  // Whether a request that ended at `now` is to be logged. Called once for each.
  bool Chooses(const absl::Status& status, Nanos now) {
    due_ += share_;
    if (due_ >= 1) {
      due_ -= 1;
      return true;
    }
    return !status.ok() && ChoosesFault(status.code(), now);
  }

  void Log(const RequestRecord& record) const { write_(record); }

 private:
  bool ChoosesFault(absl::StatusCode code, Nanos now);

  const double share_;
  const Write write_;
  double due_ = 0;  // lines, of the share
  Nanos second_ = 0;
  int faults_ = 0;  // in the second that began then
};

// Whether a request that ended so was as it should be, and the server was not.
bool IsFault(absl::StatusCode code);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_REQUEST_LOG_H_
