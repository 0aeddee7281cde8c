// SPDX-License-Identifier: Apache-2.0
#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/version.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::hillock::transport::Address;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

using Arguments = std::vector<std::string>;

absl::StatusOr<CommandLine> Parse(const Arguments& arguments) {
  std::vector<const char*> argv = {"hillock-server"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

// The options of a command line that gives a repository and these besides.
Options With(Arguments arguments) {
  arguments.insert(arguments.begin(), {"--repository", "models"});
  const auto line = Parse(arguments);
  EXPECT_THAT(line, IsOk());
  return line.ok() && line->options ? *line->options : Options();
}

TEST(ParseCommandLine, AcceptsAnOldNameWithAWarning) {
  const Options options = With({"--linger-seconds", "0.00025"});
  EXPECT_THAT(options.busy_poll_seconds, Optional(0.00025));
  EXPECT_THAT(options.warnings, ElementsAre(HasSubstr("is now called --busy-poll-seconds")));
}

TEST(ParseCommandLine, NeedsNoMoreThanARepository) {
  const Options options = With({});
  const Options defaults;
  EXPECT_EQ(options.repository, "models");
  EXPECT_EQ(options.listen, "127.0.0.1:8001");
  EXPECT_EQ(options.listen_address, (Address{Address::Kind::kTcp, "127.0.0.1", 8001}));
  EXPECT_EQ(options.http_listen, "127.0.0.1:8002");
  EXPECT_EQ(options.tls_cert, "");
  EXPECT_EQ(options.tls_key, "");
  EXPECT_EQ(options.tls_client_ca, "");
  EXPECT_EQ(options.max_connections, 0u);
  EXPECT_EQ(options.max_connection_age_seconds, 0);
  EXPECT_EQ(options.max_memory_bytes, 0u);
  EXPECT_EQ(options.model_control, lifecycle::ControlMode::kNone);
  EXPECT_EQ(options.poll_seconds, defaults.poll_seconds);
  EXPECT_TRUE(options.load_models.empty());
  EXPECT_EQ(options.reactors, 0u);
  EXPECT_EQ(options.busy_poll_seconds, std::nullopt);
  EXPECT_EQ(options.compute.backend, std::nullopt);
  EXPECT_EQ(options.compute.precision, Precision::kF32);
  EXPECT_TRUE(options.compute.rewrite);
  EXPECT_EQ(options.profile_every, 256u);
  EXPECT_EQ(options.limits.max_rows, 65536u);
  EXPECT_EQ(options.limits, defaults.limits);
  EXPECT_EQ(options.max_message_bytes, defaults.max_message_bytes);
  EXPECT_EQ(options.max_model_bytes, defaults.max_model_bytes);
  EXPECT_EQ(options.drain_wait_seconds, defaults.drain_wait_seconds);
  EXPECT_EQ(options.drain_seconds, defaults.drain_seconds);
  EXPECT_EQ(options.log_format, LogFormat::kText);
}

TEST(ParseCommandLine, TakesAListenerForControl) {
  EXPECT_EQ(With({}).control_address, std::nullopt);
  const Options options = With({"--control-listen", "unix:/run/hillock/control"});
  EXPECT_EQ(options.control_listen, "unix:/run/hillock/control");
  EXPECT_THAT(options.control_address,
              Optional(Address{Address::Kind::kUnix, "/run/hillock/control", 0}));
  EXPECT_THAT(
      Parse({"--repository", "models", "--control-listen", "0.0.0.0"}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--control-listen: got '0.0.0.0'")));
}

TEST(ParseCommandLine, TakesAFileOfTokens) {
  const TemporaryFolder folder;
  folder.Write("tokens", "web 0123456789abcdef\n");
  folder.Write("wrong", "web 0123456789abcdef\nci\n");
  EXPECT_EQ(With({}).auth_tokens, "");
  EXPECT_EQ(With({"--auth-tokens", folder.Path("tokens")}).auth_tokens, folder.Path("tokens"));
  for (const auto& [file, error] : {std::pair("wrong", "wrong': line 2: got 1 words"),
                                    std::pair("none", "none': cannot read")}) {
    EXPECT_THAT(Parse({"--repository", "models", "--auth-tokens", folder.Path(file)}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("--auth-tokens: '"), HasSubstr(error))));
  }
}

TEST(ParseCommandLine, TakesEveryOptionOfTheProcess) {
  const Options options =
      With({"--listen=unix:/tmp/s", "--http-listen=0.0.0.0:0", "--model-control=explicit",
            "--poll-seconds=0.5", "--load-model=cat", "--load-model=dog", "--max-connections=40",
            "--max-connection-age=600.5", "--drain-wait=1.5", "--drain-seconds=0",
            "--log-format=json", "--metrics-compat=triton"});
  EXPECT_EQ(options.listen, "unix:/tmp/s");
  EXPECT_EQ(options.listen_address, (Address{Address::Kind::kUnix, "/tmp/s", 0}));
  EXPECT_EQ(options.http_listen, "0.0.0.0:0");
  EXPECT_EQ(options.model_control, lifecycle::ControlMode::kExplicit);
  EXPECT_EQ(options.poll_seconds, 0.5);
  EXPECT_EQ(options.load_models, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(options.max_connections, 40u);
  EXPECT_EQ(options.max_connection_age_seconds, 600.5);
  EXPECT_EQ(options.drain_wait_seconds, 1.5);
  EXPECT_EQ(options.drain_seconds, 0);
  EXPECT_EQ(options.log_format, LogFormat::kJson);
  EXPECT_TRUE(options.triton_names);
}

TEST(ParseCommandLine, TakesEveryOptionOfServing) {
  const Options options = With({"--reactors",
                                "3",
                                "--busy-poll-seconds",
                                "0.00025",
                                "--backend",
                                "fallback",
                                "--precision",
                                "bf16",
                                "--no-rewrite",
                                "--profile-every",
                                "0",
                                "--max-rows",
                                "7",
                                "--max-queue-rows",
                                "8",
                                "--max-queue-bytes",
                                "900",
                                "--max-queue-seconds",
                                "0.25",
                                "--max-message-bytes",
                                "1000",
                                "--max-model-bytes",
                                "2000",
                                "--max-memory-bytes",
                                "3000"});
  EXPECT_EQ(options.reactors, 3u);
  EXPECT_THAT(options.busy_poll_seconds, Optional(0.00025));
  EXPECT_THAT(options.compute.backend, Optional(Backend::kFallback));
  EXPECT_EQ(options.compute.precision, Precision::kBf16);
  EXPECT_FALSE(options.compute.rewrite);
  EXPECT_EQ(options.profile_every, 0u);
  EXPECT_EQ(options.limits, (RequestLimits{7, {8, 900, 250'000'000}}));
  EXPECT_EQ(options.max_message_bytes, 1000u);
  EXPECT_EQ(options.max_model_bytes, 2000u);
  EXPECT_EQ(options.max_memory_bytes, 3000u);
}

TEST(ParseCommandLine, TakesValuesAfterAnEqualsSign) {
  EXPECT_EQ(With({"--listen=[::1]:1"}).listen, "[::1]:1");
}

TEST(ParseCommandLine, MakesAddressesCanonical) {
  const Options options = With({"--listen", "0", "--http-listen", ":8003"});
  EXPECT_EQ(options.listen, "127.0.0.1:0");
  EXPECT_EQ(options.listen_address, (Address{Address::Kind::kTcp, "127.0.0.1", 0}));
  EXPECT_EQ(options.http_listen, "127.0.0.1:8003");
  EXPECT_EQ(With({"--listen", "unix:///run/h"}).listen, "unix:/run/h");
  EXPECT_EQ(With({"--listen", "unix-abstract:hillock"}).listen, "unix-abstract:hillock");
}

TEST(ParseCommandLine, TakesAnyAddressForHttp) {
  EXPECT_EQ(With({"--http-listen", "[::1]:0"}).http_address,
            (Address{Address::Kind::kTcp, "::1", 0}));
  EXPECT_EQ(With({"--http-listen", "unix:/x"}).http_address,
            (Address{Address::Kind::kUnix, "/x", 0}));
}

TEST(ParseCommandLine, TakesTheOldNameOfHttp) {
  const Options options = With({"--metrics-listen", "8003"});
  EXPECT_EQ(options.http_listen, "127.0.0.1:8003");
  EXPECT_EQ(options.http_address, (Address{Address::Kind::kTcp, "127.0.0.1", 8003}));
  EXPECT_THAT(options.warnings, ElementsAre(HasSubstr("is now called --http-listen")));
  EXPECT_EQ(With({"--metrics-listen", ""}).http_address, std::nullopt);
}

struct Bytes {
  const char* text;
  size_t bytes;
};

TEST(ParseCommandLine, TakesBytesWithAUnit) {
  constexpr Bytes kCases[] = {
      {"7", 7},          {"7KB", 7'000},      {"100MB", 100'000'000}, {"1GB", 1'000'000'000},
      {"7KiB", 7 << 10}, {"64MiB", 64 << 20}, {"1GiB", 1 << 30}};
  for (const Bytes& c : kCases) {
    for (const char* option :
         {"--max-message-bytes", "--max-model-bytes", "--max-queue-bytes", "--max-memory-bytes"}) {
      const Options options = With({option, c.text});
      const size_t all[] = {options.max_message_bytes, options.max_model_bytes,
                            options.limits.queue.bytes, options.max_memory_bytes};
      EXPECT_THAT(all, ::testing::Contains(c.bytes)) << option << ' ' << c.text;
    }
  }
}

class TlsOptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"cert", "key", "ca"}) folder_.Write(file, "PEM");
  }

  const TemporaryFolder folder_;
  const std::string cert_ = folder_.Path("cert");
  const std::string key_ = folder_.Path("key");
  const std::string ca_ = folder_.Path("ca");
};

TEST_F(TlsOptionsTest, NamesFiles) {
  const Options options = With({"--tls-cert", cert_, "--tls-key", key_, "--tls-client-ca", ca_});
  EXPECT_EQ(options.tls_cert, cert_);
  EXPECT_EQ(options.tls_key, key_);
  EXPECT_EQ(options.tls_client_ca, ca_);
  EXPECT_EQ(With({"--tls-cert", cert_, "--tls-key", key_}).tls_client_ca, "");
}

TEST_F(TlsOptionsTest, NeedEachOther) {
  const std::pair<Arguments, const char*> cases[] = {
      {{"--tls-cert", cert_}, "--tls-cert requires --tls-key"},
      {{"--tls-key", key_}, "--tls-key requires --tls-cert"},
      {{"--tls-client-ca", ca_}, "--tls-client-ca requires --tls-"},
      {{"--tls-client-ca", ca_, "--tls-cert", cert_}, "requires --tls-key"}};
  for (const auto& [arguments, message] : cases) {
    Arguments line = {"--repository", "models"};
    line.insert(line.end(), arguments.begin(), arguments.end());
    EXPECT_THAT(Parse(line), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
}

TEST_F(TlsOptionsTest, NameTheFileThatCannotBeRead) {
  const std::string missing = folder_.Path("missing");
  EXPECT_THAT(Parse({"--repository", "models", "--tls-cert", missing, "--tls-key", key_}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--tls-cert: cannot read '" + missing + "': No such file")));
  const std::string folder = folder_.path().string();
  EXPECT_THAT(Parse({"--repository", "models", "--tls-cert", cert_, "--tls-key", folder}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--tls-key: cannot read '" + folder + "': Is a directory")));
}

struct Foreign {
  Arguments arguments;
  const char* message;
};

// Without --repository too: the name that is wrong is why it is missing.
TEST(ParseCommandLine, KnowsWhatOthersCallItsOptions) {
  const Foreign cases[] = {
      {{"--model-repository=X"},
       "unknown option '--model-repository': did you mean --repository?\n"},
      {{"--model-repository", "X"},
       "unknown option '--model-repository': did you mean --repository?"},
      {{"--model-store", "X"}, "did you mean --repository?"},
      {{"--port", "8001"}, "unknown option '--port': did you mean --listen?"},
      {{"--grpc-port=8001"}, "did you mean --listen?"},
      {{"--repository", "X", "--port", "8001"}, "did you mean --listen?"},
      {{"--repository", "X", "--port", "8001", "--reactors", "abc"}, "did you mean --listen?"},
      {{"--repositroy", "X"}, "unknown option '--repositroy': did you mean --repository?"},
      {{"--http-listn", "1"}, "did you mean --http-listen?"},
      {{"--gpus", "1"}, "unknown option '--gpus'\n"},
      {{"--model_base_path=/models"}, "'--model_base_path': did you mean --repository?"},
      {{"--model-base-path", "/models"}, "did you mean --repository?"},
      {{"--model_dir=/mnt/models"}, "did you mean --repository?"},
      {{"--model_name=iris"}, "did you mean --model-name?"},
      {{"--http-port", "8000"}, "did you mean --http-listen?"},
      {{"--rest_api_port=8501"}, "'--rest_api_port': did you mean --http-listen?"},
      {{"--metrics-port", "8002"}, "did you mean --http-listen?"},
      {{"--metrics_port=8002"}, "did you mean --http-listen?"},
      {{"-p", "8001"}, "unknown option '-p': did you mean --listen?"},
      {{"-v"}, "unknown option '-v': did you mean --version?"},
      {{"--control-port", "8003"}, "did you mean --control-listen?"},
  };
  for (const Foreign& c : cases) {
    EXPECT_THAT(Parse(c.arguments), StatusIs(absl::StatusCode::kInvalidArgument,
                                             AllOf(HasSubstr(c.message), HasSubstr("--help"))));
  }
}

// With TLS it is off by itself: tests/integration/operations/rest_test.cc.
TEST(ParseCommandLine, ServesRestWhereThereIsAnHttpPort) {
  EXPECT_TRUE(With({}).rest);
  EXPECT_TRUE(With({"--rest", "on"}).rest);
  EXPECT_FALSE(With({"--rest", "off"}).rest);
  EXPECT_FALSE(With({"--rest", "on", "--http-listen", ""}).rest);
}

TEST(ParseCommandLine, TakesAnEmptyHttpAddressForNone) {
  EXPECT_EQ(With({"--http-listen", ""}).http_listen, "");
  EXPECT_EQ(With({"--http-listen", ""}).http_address, std::nullopt);
}

TEST(ParseCommandLine, KnowsEveryBackend) {
  EXPECT_THAT(With({"--backend", "auto"}).compute.backend, Eq(std::nullopt));
  EXPECT_THAT(With({"--backend", "onednn"}).compute.backend, Optional(Backend::kOneDnn));
}

TEST(ParseCommandLine, TakesF32ByName) {
  EXPECT_EQ(With({"--precision", "f32"}).compute.precision, Precision::kF32);
}

TEST(ParseCommandLine, OnlyPrintsTheVersion) {
  const auto line = Parse({"--version"});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options, std::nullopt);
  EXPECT_THAT(line->text, HasSubstr(kVersion));
}

TEST(ParseCommandLine, OnlyPrintsTheHelpWithEveryOption) {
  const auto line = Parse({"--help"});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options, std::nullopt);
  for (const char* option : {"--repository",        "--listen",
                             "--http-listen",       "--model-control",
                             "--poll-seconds",      "--load-model",
                             "--reactors",          "--busy-poll-seconds",
                             "--backend",           "--precision",
                             "--profile-every",     "--max-rows",
                             "--max-message-bytes", "--max-model-bytes",
                             "--drain-wait",        "--tls-cert",
                             "--control-listen",    "--auth-tokens",
                             "--tls-key",           "--tls-client-ca",
                             "--max-connections",   "--max-connection-age",
                             "--max-memory-bytes",  "--drain-seconds",
                             "--log-format",        "127.0.0.1:8001"}) {
    EXPECT_THAT(line->text, HasSubstr(option));
  }
}

}  // namespace
}  // namespace hillock
