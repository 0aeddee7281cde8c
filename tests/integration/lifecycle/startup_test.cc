// SPDX-License-Identifier: Apache-2.0

// What keeps the server from starting ends it with one clear line and an exit code.

#include <gmock/gmock.h>

#include "tests/integration/support/http.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kCouldNotStart = 1;
constexpr int kUsage = 2;

End RunServer(const std::string& repository, const std::vector<std::string>& flags = {}) {
  return RunToEnd(ServerCommand(repository, flags));
}

class StartupTest : public ::testing::Test {
 protected:
  const SomeModels models_{"iris"};
};

TEST_F(StartupTest, ATakenPort) {
  const TakenPort taken;
  const End end = RunServer(models_.path(), {"--listen", taken.address()});
  EXPECT_EQ(end.code, kCouldNotStart);
  EXPECT_THAT(end.output,
              AllOf(HasSubstr(" error "),
                    HasSubstr("cannot listen on '" + taken.address() + "': address already"),
                    Not(HasSubstr(" ready"))));
}

TEST_F(StartupTest, ThePortOfAnotherServer) {
  ServerProcess first(models_.path());
  const End second = RunServer(models_.path(), {"--listen", first.address()});
  EXPECT_EQ(second.code, kCouldNotStart);
  EXPECT_THAT(second.output, HasSubstr("cannot listen on '" + first.address() + "'"));
  EXPECT_THAT(Infer(first, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
}

TEST_F(StartupTest, ATakenMetricsPort) {
  const TakenPort taken;
  const End end = RunServer(models_.path(), {"--http-listen", taken.address()});
  EXPECT_EQ(end.code, kCouldNotStart);
  EXPECT_THAT(end.output,
              AllOf(HasSubstr(" error "),
                    HasSubstr("HTTP port: cannot listen on '" + taken.address() + "': address"),
                    Not(HasSubstr("ready:"))));
}

TEST_F(StartupTest, AMissingRepository) {
  const End end = RunServer(models_.folder().Path("missing"));
  EXPECT_EQ(end.code, kCouldNotStart);
  EXPECT_THAT(end.output, AllOf(HasSubstr(" error "), HasSubstr("missing': no such folder")));
}

TEST_F(StartupTest, AnEmptyRepository) {
  const TemporaryFolder empty;
  const End end = RunServer(empty.path());
  EXPECT_EQ(end.code, kCouldNotStart);
  EXPECT_THAT(end.output, AllOf(HasSubstr(" error "), HasSubstr("has no model, want folders")));
}

TEST_F(StartupTest, NoMetricsWhenNotWanted) {
  ServerProcess server(models_.path(), {"--http-listen", ""});
  EXPECT_EQ(server.http_address(), "");
  EXPECT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
}

TEST_F(StartupTest, AUnixSocket) {
  const TemporaryFolder folder;
  const std::string address = "unix:" + folder.Path("socket");
  ServerProcess server(models_.path(), {"--listen", address});
  EXPECT_EQ(server.address(), address);
  EXPECT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
}

TEST_F(StartupTest, LogLinesInJson) {
  Subprocess json(ServerCommand(models_.path(), {"--log-format", "json"}));
  const auto line = json.WaitForLine("ready: ");
  ASSERT_TRUE(line);
  EXPECT_THAT(*line, ::testing::MatchesRegex(
                         R"re(\{"time":".*Z","level":"info","message":"ready: 1 models.*"\})re"));
}

struct Usage {
  std::string name;
  std::vector<std::string> flags;
  std::string message;
};

void PrintTo(const Usage& usage, std::ostream* out) { *out << usage.name; }

class UsageTest : public ::testing::TestWithParam<Usage> {};

TEST_P(UsageTest, IsExplained) {
  std::vector<std::string> command = {ServerBinary()};
  command.insert(command.end(), GetParam().flags.begin(), GetParam().flags.end());
  const End end = RunToEnd(command);
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.output, IsEmpty());
  EXPECT_THAT(end.errors, HasSubstr(GetParam().message));
}

const std::vector<Usage> kUsages = {
    {"NoRepository", {}, "--repository is required"},
    {"UnknownFlag", {"--repository", "r", "--fast"}, "--fast"},
    {"UnknownBackend", {"--repository", "r", "--backend", "gpu"}, "gpu"},
    {"UnknownLogFormat", {"--repository", "r", "--log-format", "xml"}, "xml"},
    {"LogsMoreThanAll", {"--repository", "r", "--access-log", "1.5"}, "--access-log"},
    {"ZeroRows", {"--repository", "r", "--max-rows", "0"}, "--max-rows"},
    {"RowsAreText", {"--repository", "r", "--max-rows", "many"}, "--max-rows"},
    {"NegativeReactors", {"--repository", "r", "--reactors", "-1"}, "--reactors"},
    {"NegativeDrain", {"--repository", "r", "--drain-seconds", "-1"}, "--drain-seconds"},
    {"ListenWithoutPort",
     {"--repository", "r", "--listen", "nowhere"},
     "--listen: got 'nowhere', want HOST:PORT"},
    {"MetricsWithoutPort",
     {"--repository", "r", "--http-listen", "nowhere"},
     "--http-listen: got 'nowhere', want HOST:PORT"},
    {"ForeignName", {"--model-repository", "r"}, "did you mean --repository?"},
    {"ExtraWord", {"--repository", "r", "again"}, "again"},
};

INSTANTIATE_TEST_SUITE_P(Flags, UsageTest, ::testing::ValuesIn(kUsages),
                         [](const auto& test) { return test.param.name; });

TEST(UsageTextTest, HelpAndVersionAreNoErrors) {
  const End help = RunToEnd({ServerBinary(), "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, AllOf(HasSubstr("--repository"), HasSubstr("--http-listen")));
  const End version = RunToEnd({ServerBinary(), "--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.output, ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace hillock::testing
