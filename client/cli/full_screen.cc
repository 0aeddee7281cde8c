// SPDX-License-Identifier: Apache-2.0
#include "client/cli/full_screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace hillock::client {
namespace {

// The alternate screen, without a cursor.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

sigset_t SignalsTaken() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) {
    sigaddset(&set, signal);
  }
  return set;
}

void WriteAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // reading will find that the terminal is gone
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<FullScreen>> FullScreen::Open() {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    return absl::FailedPreconditionError(
        "standard input or output is no terminal, want both; --once prints one reading");
  }
  const sigset_t taken = SignalsTaken();
  std::unique_ptr<FullScreen> screen(new FullScreen(signalfd(-1, &taken, SFD_CLOEXEC)));
  if (screen->signals_.get() < 0) return absl::ErrnoToStatus(errno, "signalfd");
  if (tcgetattr(STDIN_FILENO, &screen->before_) != 0)
    return absl::ErrnoToStatus(errno, "tcgetattr");
  sigprocmask(SIG_BLOCK, &taken, &screen->mask_before_);
  screen->entered_ = true;
  screen->Enter();
  return screen;
}

// The signals are let through last: one that is pending ends the process here, with the terminal
// restored.
FullScreen::~FullScreen() {
  if (!entered_) return;
  Leave();
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void FullScreen::Enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  WriteAll(kEnter);
}

void FullScreen::Leave() {
  WriteAll(kLeave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

FullScreen::Size FullScreen::size() const {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row == 0) return {};
  return {window.ws_row, window.ws_col};
}

void FullScreen::Draw(std::span<const std::string> lines) {
  std::string text = "\x1b[H";
  for (size_t i = 0; i < lines.size(); ++i) {
    text += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  }
  WriteAll(text + "\x1b[J");
}

FullScreen::Input FullScreen::Read(std::chrono::milliseconds wait) {
  std::array<pollfd, 2> fds{{{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  Input input;
  if (poll(fds.data(), fds.size(), static_cast<int>(wait.count())) <= 0) return input;
  if (fds[1].revents != 0) TakeSignal(input);
  if (fds[0].revents == 0) return input;
  std::array<char, 64> bytes{};
  const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) input.ended = true;
  if (count > 0) input.bytes.assign(bytes.data(), static_cast<size_t>(count));
  return input;
}

// SIGTSTP is blocked, so the process is stopped by the signal that cannot be.
void FullScreen::TakeSignal(Input& input) {
  signalfd_siginfo info{};
  if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) return;
  if (info.ssi_signo == SIGTSTP) {
    Leave();
    raise(SIGSTOP);
    Enter();
  }
  input.redraw = info.ssi_signo == SIGWINCH || info.ssi_signo == SIGTSTP;
  input.ended = !input.redraw;
}

}  // namespace hillock::client
