// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_CLI_PROGRESS_LINE_H_
#define HILLOCK_CLIENT_CLI_PROGRESS_LINE_H_

#include <ostream>
#include <string_view>

namespace hillock::client {

// One line of a terminal that is rewritten, and erased at the end. Not thread-safe.
class ProgressLine {
 public:
  // Null: shows nothing. `terminal` must outlive this.
  explicit ProgressLine(std::ostream* terminal) : terminal_(terminal) {}
  ~ProgressLine() { Show(""); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(std::string_view text) const {
    if (terminal_ != nullptr) *terminal_ << "\r\x1b[K" << text << std::flush;
  }

 private:
  std::ostream* terminal_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_PROGRESS_LINE_H_
