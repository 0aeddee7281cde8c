// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_CLI_FULL_SCREEN_H_
#define HILLOCK_CLIENT_CLI_FULL_SCREEN_H_

#include <signal.h>
#include <termios.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/core/base/descriptor.h"

namespace hillock::client {

// The terminal of this process as a screen of its own, with keys that come one by one. The
// terminal is as it was before when this is destroyed, and while the process is stopped by Ctrl-Z.
// SIGINT, SIGTERM, SIGHUP and SIGQUIT arrive as the end of input, so that the caller returns and
// destroys this. Make it before any other thread, as it blocks these signals. Not thread-safe; one
// at a time.
class FullScreen {
 public:
  // Errors: FAILED_PRECONDITION when standard input or output is no terminal; the system's own.
  static absl::StatusOr<std::unique_ptr<FullScreen>> Open();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  struct Size {
    size_t rows = 24;
    size_t columns = 80;
  };
  Size size() const;

  // Shows these lines, from the top.
  void Draw(std::span<const std::string> lines);

  // What came within `wait`.
  struct Input {
    std::string bytes;    // of the keyboard
    bool redraw = false;  // the screen has another size, or another content
    bool ended = false;   // the terminal is gone, or a signal came
  };
  Input Read(std::chrono::milliseconds wait);

 private:
  explicit FullScreen(int signals) : signals_(signals) {}

  void Enter();
  void Leave();
  void TakeSignal(Input& input);

  termios before_{};
  sigset_t mask_before_{};
  Descriptor signals_;
  bool entered_ = false;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_FULL_SCREEN_H_
