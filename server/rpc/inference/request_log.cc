// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/request_log.h"

namespace hillock::rpc {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

}  // namespace

bool IsFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

bool RequestLog::ChoosesFault(absl::StatusCode code, Nanos now) {
  if (!IsFault(code)) return false;
  if (now - second_ >= kSecond) {
    second_ = now;
    faults_ = 0;
  }
  return ++faults_ <= kMaxFaults;
}

}  // namespace hillock::rpc
