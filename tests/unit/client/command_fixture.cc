#include "tests/unit/client/command_fixture.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>

#include "client/command.h"

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

Outcome CommandTest::Run(std::vector<std::string> arguments) {
  CLI::App app;
  Command chosen;
  AddCommands(app, chosen);
  app.require_subcommand(1);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError&) {
    return {true, absl::OkStatus(), "", ""};
  }
  std::ostringstream out;
  std::ostringstream progress;
  const absl::Status status = chosen({out, Ink::kPlain, Charset::kAscii, &progress});
  return {false, status, out.str(), progress.str()};
}

Outcome CommandTest::Call(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--server", server_.address()});
  return Run(arguments);
}

}  // namespace hillock::client
