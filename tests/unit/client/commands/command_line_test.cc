// SPDX-License-Identifier: Apache-2.0
#include "client/commands/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "server/core/base/version.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Arguments = std::vector<std::string>;

absl::StatusOr<CommandLine> Parse(const Arguments& arguments) {
  std::vector<const char*> argv = {"hillock"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

TEST(ParseCommandLineTest, GivesACommand) {
  const auto line = Parse({"health"});
  ASSERT_THAT(line, IsOk());
  EXPECT_TRUE(line->command);
  EXPECT_EQ(line->text, "");
}

TEST(ParseCommandLineTest, GivesTheVersionAndTheHelp) {
  for (const auto& [option, text] :
       {std::pair{"--version", kVersion}, std::pair{"--help", "predict"}}) {
    const auto line = Parse({option});
    ASSERT_THAT(line, IsOk()) << option;
    EXPECT_FALSE(line->command);
    EXPECT_THAT(line->text, HasSubstr(text));
  }
}

struct Bad {
  Arguments arguments;
  const char* message;
};

TEST(ParseCommandLineTest, TellsWhatIsWrong) {
  const Bad cases[] = {
      {{}, "A subcommand is required"},
      {{"predct"}, "unknown command 'predct': did you mean predict?"},
      {{"predct", "iris", "--input", "x"}, "unknown command 'predct': did you mean predict?"},
      {{"infer", "iris"}, "unknown command 'infer': did you mean predict?"},
      {{"help"}, "unknown command 'help': did you mean --help?"},
      {{"health", "--token", "x"}, "unknown option '--token': did you mean --token-file?"},
      {{"juggle"}, "unknown command 'juggle'\n"},
      {{"--verbose"}, "unknown option '--verbose'\n"},
      {{"--versoin"}, "did you mean --version?"},
      {{"load", "iris", "--qps", "100"}, "unknown option '--qps': did you mean --rate?"},
      {{"load", "--qps=100"}, "unknown option '--qps': did you mean --rate?"},
      {{"load", "iris", "--request-count", "9"}, "did you mean --requests?"},
      {{"load", "iris", "-c", "4"}, "unknown option '-c': did you mean --outstanding or"},
      {{"load", "iris", "-c4"}, "unknown option '-c': did you mean --outstanding or"},
      {{"load", "iris", "--concurrency", "4"}, "did you mean --outstanding or --connections?"},
      {{"load", "iris", "--conections", "4"}, "did you mean --connections?"},
      {{"predict", "iris", "--qps", "4"}, "unknown option '--qps'\n"},
      {{"models", "--url", "h:1"}, "did you mean --server?"},
      {{"convert", "x", "--url", "h:1"}, "unknown option '--url'\n"},
      {{"models", "--server", "nowhere"},
       "--server: got 'nowhere', want HOST:PORT, [IPV6]:PORT, PORT, unix:PATH or "
       "unix-abstract:NAME: the port is missing"},
      {{"models", "--server", "127.0.0.1:0"}, "port 0 is none that can be called"},
      {{"stats", "--metrics", "https://h:1/metrics"},
       "want HOST:PORT, [IPV6]:PORT, PORT, unix:PATH or unix-abstract:NAME: leave"},
      {{"stats", "--metrics", "http://h:1/other"}, "port '1/other' is no number"},
      {{"models", "--tls-cert", "c"}, "--tls-cert requires --tls-key"},
      {{"models", "--tls-key", "k"}, "--tls-key requires --tls-cert"},
  };
  for (const Bad& bad : cases) {
    EXPECT_THAT(Parse(bad.arguments), StatusIs(absl::StatusCode::kInvalidArgument,
                                               AllOf(HasSubstr(bad.message), HasSubstr("--help"))))
        << ::testing::PrintToString(bad.arguments);
  }
}

TEST(ParseCommandLineTest, TakesEveryFormOfAnAddress) {
  for (const char* address : {"8001", ":8001", "h:1", "[::1]:1", "unix:/x", "unix-abstract:x"}) {
    EXPECT_THAT(Parse({"health", "--server", address}), IsOk()) << address;
  }
  for (const char* address :
       {"8002", "h:1", "http://h:1/metrics", "http://h:1/", "http://h:1", "[::1]:1", "unix:/x"}) {
    EXPECT_THAT(Parse({"stats", "--metrics", address}), IsOk()) << address;
  }
}

TEST(FinishOutputTest, IsOkWhenAllHasArrived) {
  std::ostringstream out;
  out << "text";
  EXPECT_THAT(FinishOutput(out), IsOk());
}

TEST(FinishOutputTest, TellsOfAFullDisk) {
  std::ofstream out("/dev/full");
  ASSERT_TRUE(out);
  out << "text";
  EXPECT_THAT(FinishOutput(out),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("cannot write to standard output: No space left on device")));
}

TEST(FinishOutputTest, RemembersAnEarlierFault) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_THAT(FinishOutput(out),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cannot write to standard output")));
}

}  // namespace
}  // namespace hillock::client
