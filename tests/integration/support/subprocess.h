// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_SUBPROCESS_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_SUBPROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace hillock::testing {

// A child process whose output is collected while it runs. It is killed and reaped at the end of
// the scope, and it dies with the test, too. Thread-safe.
class Subprocess {
 public:
  // Starts a program, a path or a name on PATH, that reads its input from a file. One that cannot
  // be started exits with 126 or 127 and says why on standard error.
  explicit Subprocess(const std::vector<std::string>& command,
                      const std::string& input = "/dev/null");
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  // The first line of standard output that contains `text`, as soon as it is complete; none when
  // the output ends, or the time is over, before it comes.
  std::optional<std::string> WaitForLine(std::string_view text,
                                         std::chrono::seconds timeout = std::chrono::seconds(60));

  // What ended the process: its exit code, or minus the signal. Kills it when the time is over.
  int Wait(std::chrono::seconds timeout = std::chrono::seconds(60));

  void Signal(int signal) const;

  pid_t pid() const { return pid_; }

  // Everything written so far.
  std::string output() const;
  std::string errors() const;

 private:
  struct Stream {
    std::string text;
    bool ended = false;
  };

  bool BothEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return output_.ended && errors_.ended;
  }
  void Collect(int fd, Stream& stream);

  mutable absl::Mutex mutex_;
  Stream output_ ABSL_GUARDED_BY(mutex_);
  Stream errors_ ABSL_GUARDED_BY(mutex_);
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::vector<std::thread> collectors_;
};

// How a program ended, and what it wrote.
struct End {
  int code = 0;  // as of Subprocess::Wait()
  std::string output;
  std::string errors;
};

End RunToEnd(const std::vector<std::string>& command, const std::string& input = "/dev/null");

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_SUBPROCESS_H_
