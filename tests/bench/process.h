// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_PROCESS_H_
#define HILLOCK_TESTS_BENCH_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hillock::bench {

// A child process on some cores, killed when this goes.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::vector<int>& cores);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Reads the child's standard output until a line contains `text`, and returns that line; an empty
  // one when the output ends before. What comes after is ignored. Called once.
  std::string WaitForLine(std::string_view text);

  size_t ResidentBytes() const;

  // User and system time spent, to a hundredth of a second.
  double CpuSeconds() const;

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::thread drain_;
};

// Keeps this process and its later threads on some cores, or one.
void PinToCores(const std::vector<int>& cores);
inline void PinToCore(int core) { PinToCores({core}); }

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_PROCESS_H_
