// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/subprocess.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    HILLOCK_CHECK(pipe2(ends, O_CLOEXEC) == 0);
    read_end = ends[0];
    write_end = ends[1];
  }
  int read_end = -1;
  int write_end = -1;
};

pid_t Spawn(const std::vector<std::string>& command, const std::string& input, int output,
            int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  HILLOCK_CHECK(error == 0);
  return pid;
}

// A test that crashes runs no destructor; then the kernel ends its children.
std::vector<std::string> DyingWithParent(const std::vector<std::string>& command) {
  std::vector<std::string> whole = {"setpriv", "--pdeathsig", "KILL", "--"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

absl::Duration ToAbsl(std::chrono::seconds timeout) { return absl::FromChrono(timeout); }

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& command, const std::string& input) {
  const Pipe output;
  const Pipe errors;
  pid_ = Spawn(DyingWithParent(command), input, output.write_end, errors.write_end);
  close(output.write_end);
  close(errors.write_end);
  absl::MutexLock lock(&mutex_);
  collectors_.emplace_back([this, fd = output.read_end] { Collect(fd, output_); });
  collectors_.emplace_back([this, fd = errors.read_end] { Collect(fd, errors_); });
}

Subprocess::~Subprocess() {
  if (!status_) Signal(SIGKILL);
  Wait();
  for (std::thread& collector : collectors_) collector.join();
}

void Subprocess::Collect(int fd, Stream& stream) {
  char buffer[4096];
  while (true) {
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    absl::MutexLock lock(&mutex_);
    if (n <= 0) {
      stream.ended = true;
      break;
    }
    stream.text.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
}

std::optional<std::string> Subprocess::WaitForLine(std::string_view text,
                                                   std::chrono::seconds timeout) {
  std::optional<std::string> line;
  const auto is_there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t at = output_.text.find(text);
    const size_t end = at == std::string::npos ? at : output_.text.find('\n', at);
    if (end == std::string::npos) return output_.ended;
    const size_t start = output_.text.rfind('\n', at) + 1;
    line = output_.text.substr(start, end - start);
    return true;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&is_there), ToAbsl(timeout));
  return line;
}

int Subprocess::Wait(std::chrono::seconds timeout) {
  if (status_) return *status_;
  {
    // Its output ends when the process does, or shortly before.
    absl::MutexLock lock(&mutex_);
    const bool ended =
        mutex_.AwaitWithTimeout(absl::Condition(this, &Subprocess::BothEnded), ToAbsl(timeout));
    if (!ended) Signal(SIGKILL);
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return *status_;
}

void Subprocess::Signal(int signal) const { kill(pid_, signal); }

std::string Subprocess::output() const {
  absl::MutexLock lock(&mutex_);
  return output_.text;
}

std::string Subprocess::errors() const {
  absl::MutexLock lock(&mutex_);
  return errors_.text;
}

End RunToEnd(const std::vector<std::string>& command, const std::string& input) {
  Subprocess process(command, input);
  const int code = process.Wait();
  return {code, process.output(), process.errors()};
}

}  // namespace hillock::testing
