// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_MEMORY_H_
#define HILLOCK_SERVER_TRANSPORT_MEMORY_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hillock::transport {

// How many bytes of requests and answers the process may hold, over all threads. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit) {}

  // Room for `bytes` more; taken when true.
  bool TryTake(size_t bytes) {
    const size_t limit = limit_.load(std::memory_order_relaxed);
    if (taken_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
    taken_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void Take(size_t bytes) { taken_.fetch_add(bytes, std::memory_order_relaxed); }
  void Give(size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

  size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  size_t limit() const { return limit_.load(std::memory_order_relaxed); }
  void SetLimit(size_t limit) { limit_.store(limit, std::memory_order_relaxed); }

 private:
  std::atomic<size_t> limit_;
  std::atomic<size_t> taken_{0};
};

// One thread's part of the budget. It takes from the budget in steps, so that a small message costs
// no access to what threads share. Not thread-safe.
class MemoryAccount {
 public:
  static constexpr size_t kStep = size_t{1} << 20;

  // `budget` must outlive this.
  explicit MemoryAccount(MemoryBudget& budget) : budget_(budget) {}
  ~MemoryAccount() { budget_.Give(reserved_); }
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // Charges `bytes` if the budget has room for them.
  bool TryCharge(size_t bytes) {
    if (used_ + bytes > reserved_) {
      const size_t step = StepFor(bytes);
      if (!budget_.TryTake(step)) return false;
      reserved_ += step;
    }
    used_ += bytes;
    return true;
  }

  // Charges what cannot be refused any more, such as the answer to a request that was admitted.
  void Charge(size_t bytes) {
    if (used_ + bytes > reserved_) {
      const size_t step = StepFor(bytes);
      budget_.Take(step);
      reserved_ += step;
    }
    used_ += bytes;
  }

  void Release(size_t bytes) {
    used_ -= bytes;
    if (reserved_ - used_ < 2 * kStep) return;
    const size_t spare = reserved_ - used_ - kStep;
    budget_.Give(spare);
    reserved_ -= spare;
  }

  size_t used() const { return used_; }

 private:
  size_t StepFor(size_t bytes) const { return std::max(used_ + bytes - reserved_, kStep); }

  MemoryBudget& budget_;
  size_t reserved_ = 0;  // taken from the budget
  size_t used_ = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_MEMORY_H_
