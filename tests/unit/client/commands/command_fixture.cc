// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/commands/command_fixture.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "client/commands/command_line.h"

namespace hillock::client {

CommandTest::CommandTest()
    : folder_(std::filesystem::path(::testing::TempDir()) /
              ("hillock-command-" + std::to_string(::getpid()))) {
  std::filesystem::create_directory(folder_);
}

CommandTest::~CommandTest() { std::filesystem::remove_all(folder_); }

std::string CommandTest::File(const std::string& name, const std::string& content) {
  std::ofstream(folder_ / name, std::ios::binary) << content;
  return (folder_ / name).string();
}

Outcome CommandTest::Run(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"hillock"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const auto line = ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  if (!line.ok()) return {true, line.status(), "", ""};
  if (!line->command) return {false, absl::OkStatus(), line->text, ""};
  std::ostringstream out;
  std::ostringstream progress;
  const absl::Status status = line->command({out, Look(), &progress});
  return {false, status, out.str(), progress.str()};
}

Outcome CommandTest::Call(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--server", server_.address()});
  return Run(arguments);
}

}  // namespace hillock::client
