// SPDX-License-Identifier: Apache-2.0

// `hillock top` against a running server, on a terminal and without one.

#include <gmock/gmock.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/descriptor.h"
#include "tests/integration/support/server_process.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/subprocess.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kEnter[] = "\x1b[?1049h";
constexpr char kLeave[] = "\x1b[?1049l";

// A program that believes it runs on a terminal.
class OnTerminal {
 public:
  explicit OnTerminal(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    winsize size{24, 120, 0, 0};
    int master = -1;
    pid_ = forkpty(&master, nullptr, nullptr, &size);
    if (pid_ == 0) {
      execv(argv[0], argv.data());
      _exit(127);
    }
    master_ = Descriptor(master);
    tcgetattr(master, &before_);
  }

  ~OnTerminal() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    Wait();
  }

  // Reads until that has been shown, or the program has closed the terminal.
  void ReadUntil(const std::string& text) {
    std::array<char, 4096> bytes{};
    while (shown_.find(text) == std::string::npos) {
      const ssize_t count = read(master_.get(), bytes.data(), bytes.size());
      if (count <= 0) return;
      shown_.append(bytes.data(), static_cast<size_t>(count));
    }
  }

  void Type(const std::string& keys) const {
    EXPECT_EQ(write(master_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void Signal(int signal) const { kill(pid_, signal); }

  // The exit code, or minus the signal.
  int Wait() {
    if (pid_ > 0) {
      int status = 0;
      waitpid(std::exchange(pid_, -1), &status, 0);
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    return code_;
  }

  const std::string& shown() const { return shown_; }

  // Whether keys are echoed and come by the line, as before.
  bool IsRestored() const {
    termios now{};
    tcgetattr(master_.get(), &now);
    return now.c_lflag == before_.c_lflag;
  }

 private:
  pid_t pid_ = -1;
  int code_ = 0;
  Descriptor master_{-1};
  termios before_{};
  std::string shown_;
};

class CliTopTest : public ::testing::Test {
 protected:
  std::vector<std::string> Words(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {HILLOCK_CLIENT_BINARY,  "top",        "--metrics",
                                      server_.http_address(), "--interval", "0.1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  const SomeModels models_{"iris", "fashion-mnist"};
  ServerProcess server_{models_.path()};
};

TEST_F(CliTopTest, PrintsOneReading) {
  const End end = RunToEnd(Words({"--once"}));
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output, AllOf(HasSubstr("iris"), HasSubstr("READY"), HasSubstr("fashion-mnist"),
                                Not(HasSubstr("\x1b"))));
}

TEST_F(CliTopTest, WantsATerminal) {
  const End end = RunToEnd(Words({}));
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("no terminal"));
}

TEST_F(CliTopTest, NobodyThereIsAnError) {
  const End end = RunToEnd({HILLOCK_CLIENT_BINARY, "top", "--metrics", "127.0.0.1:1", "--once"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("http://127.0.0.1:1/metrics"));
}

TEST_F(CliTopTest, ShowsModelsAndLooksIntoOneUntilItIsTold) {
  OnTerminal top(Words({}));
  top.ReadUntil("iris");
  EXPECT_THAT(top.shown(), HasSubstr(kEnter));
  top.Type("\r");
  top.ReadUntil("esc back");
  top.Type("q");
  top.ReadUntil(kLeave);
  EXPECT_EQ(top.Wait(), 0);
  EXPECT_TRUE(top.IsRestored());
}

TEST_F(CliTopTest, RestoresTheTerminalOnSignals) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    OnTerminal top(Words({}));
    top.ReadUntil("iris");
    top.Signal(signal);
    top.ReadUntil(kLeave);
    EXPECT_THAT(top.shown(), HasSubstr(kLeave)) << signal;
    EXPECT_EQ(top.Wait(), 0) << signal;
    EXPECT_TRUE(top.IsRestored()) << signal;
  }
}

}  // namespace
}  // namespace hillock::testing
