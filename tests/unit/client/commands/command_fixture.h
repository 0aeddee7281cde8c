// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CLIENT_COMMANDS_COMMAND_FIXTURE_H_
#define HILLOCK_TESTS_UNIT_CLIENT_COMMANDS_COMMAND_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/unit/client/api/fake_server.h"

namespace hillock::client {

// Rows for the fake server's models of two features, with what they are.
inline constexpr char kLabelled[] = "a,b,label\n0.9,0.1,left\n0.2,0.8,right\n0.4,0.6,left\n";

// What a command line did.
struct Outcome {
  bool usage_error = false;
  absl::Status status;  // of the command, or of its command line
  std::string out;
  std::string progress;  // what it wrote to a terminal meanwhile
};

// Command lines of `hillock`, run in this process against a fake server.
class CommandTest : public ::testing::Test {
 protected:
  CommandTest();
  ~CommandTest() override;

  // The path of a new file of that content.
  std::string File(const std::string& name, const std::string& content);

  // Runs `hillock` with `arguments`.
  static Outcome Run(const std::vector<std::string>& arguments);

  // Runs it against the fake server.
  Outcome Call(std::vector<std::string> arguments);

  FakeServer server_;

 private:
  std::filesystem::path folder_;
};

}  // namespace hillock::client

#endif  // HILLOCK_TESTS_UNIT_CLIENT_COMMANDS_COMMAND_FIXTURE_H_
