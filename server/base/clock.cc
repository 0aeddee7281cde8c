#include "server/base/clock.h"

namespace hillock {
namespace {

class MonotonicClock final : public Clock {
 public:
  Nanos Now() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
};

}  // namespace

const Clock& Clock::Monotonic() {
  static const MonotonicClock clock;
  return clock;
}

}  // namespace hillock
