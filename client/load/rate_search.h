// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_RATE_SEARCH_H_
#define HILLOCK_CLIENT_LOAD_RATE_SEARCH_H_

#include <optional>

namespace hillock::client {

// Looks for the highest rate from `low` to `high` that a server holds, by trying rates. Pure: the
// caller tries them.
//
//     try low --held--> try high --not held--> try sqrt(low high) --held--> low = it   --+
//         |                 |                      ^        |                            |
//      not held           held                     |        +----not held--> high = it --+
//         v                 v                      +-------- high > low (1 + precision) -+
//     none found       high found                                                 low found <--
//     else
//
// A rate counts as not held when kTries measurements of it in a row say so: what else runs on the
// machines makes a measurement worse, never better.
//
// The middle is the geometric one, as rates differ by factors: n steps cut high / low to its 2^n-th
// root.
class RateSearch {
 public:
  // How close a found rate is to one that was not held, as a share of it.
  static constexpr double kPrecision = 0.02;

  static constexpr int kTries = 3;

  // REQUIRES: 0 < low <= high.
  RateSearch(double low, double high) : low_(low), high_(high) {}

  // The rate to try next; none when the search is over.
  std::optional<double> Next() const;

  // What came of measuring the rate of Next().
  void Record(bool held);

  // The highest rate that was held; 0: none.
  double found() const { return found_; }

 private:
  enum class State { kLow, kHigh, kMiddle, kDone };

  double low_;
  double high_;
  double found_ = 0;
  int failures_ = 0;  // of the rate of Next()
  State state_ = State::kLow;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_RATE_SEARCH_H_
