// SPDX-License-Identifier: Apache-2.0
#include "client/load/rate_search.h"

#include <cmath>

namespace hillock::client {

std::optional<double> RateSearch::Next() const {
  switch (state_) {
    case State::kLow:
      return low_;
    case State::kHigh:
      return high_;
    case State::kMiddle:
      return std::sqrt(low_ * high_);
    case State::kDone:
      break;
  }
  return std::nullopt;
}

void RateSearch::Record(bool held) {
  if (!held && ++failures_ < kTries) return;
  failures_ = 0;
  const double tried = *Next();
  if (held) found_ = tried;
  (held ? low_ : high_) = tried;
  if (state_ == State::kLow && held && low_ < high_) {
    state_ = State::kHigh;
  } else if (state_ == State::kLow || (state_ == State::kHigh && held)) {
    state_ = State::kDone;
  } else {
    state_ = high_ > low_ * (1 + kPrecision) ? State::kMiddle : State::kDone;
  }
}

}  // namespace hillock::client
