// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace hillock::bench {

void PinToCores(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(static_cast<size_t>(core), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

Process::Process(const std::vector<std::string>& command, const std::vector<int>& cores) {
  int ends[2];
  if (pipe(ends) != 0) return;
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    PinToCores(cores);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (drain_.joinable()) drain_.join();
  if (output_ >= 0) close(output_);
}

size_t Process::ResidentBytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// The fields behind the program's name, which is in parentheses (proc(5)): state is the first,
// utime and stime are the twelfth and thirteenth.
double Process::CpuSeconds() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(stat, text, ')');
  for (int i = 0; i < 11; ++i) stat >> text;
  double user = 0;
  double system = 0;
  stat >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string Process::WaitForLine(std::string_view text) {
  std::string line;
  for (char c = 0; read(output_, &c, 1) == 1;) {
    if (c != '\n') {
      line.push_back(c);
    } else if (line.find(text) != std::string::npos) {
      // A child whose output nobody reads would stop when the pipe is full.
      drain_ = std::thread([this] {
        char ignored[4096];
        while (read(output_, ignored, sizeof(ignored)) > 0) continue;
      });
      return line;
    } else {
      line.clear();
    }
  }
  return "";
}

}  // namespace hillock::bench
