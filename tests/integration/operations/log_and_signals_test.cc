// SPDX-License-Identifier: Apache-2.0

// A log that nobody reads, and signals.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "server/core/base/descriptor.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

// A pipe in the file system that holds a page and is never read.
class FullPipe {
 public:
  FullPipe() : path_(folder_.Path("log")) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    end_ = Descriptor(open(path_.c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_GE(fcntl(end_.get(), F_SETPIPE_SZ, 4096), 4096);
  }
  const std::string& path() const { return path_; }
  std::string Path(std::string_view name) const { return folder_.Path(name); }

 private:
  const TemporaryFolder folder_;
  const std::string path_;
  Descriptor end_{-1};
};

// The server's standard output is that file.
std::vector<std::string> WritingTo(const std::string& path, std::vector<std::string> command) {
  std::vector<std::string> words = {"sh", "-c", R"(exec "$@" > )" + path, "sh"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

TEST(LogTest, IsNotWaitedFor) {
  const FullPipe pipe;
  const std::string address = "unix:" + pipe.Path("socket");
  Subprocess server(
      WritingTo(pipe.path(),
                ServerCommand(HILLOCK_MODELS, {"--listen", address, "--model-control", "explicit",
                                               "--load-model", "*", "--access-log", "1"})));
  ASSERT_TRUE(ComesToHold([&] { return std::filesystem::exists(pipe.Path("socket")); }));
  const auto channel = WellBehavedClient::Connect(address);
  EXPECT_THAT(CallWithBytes(channel, kServerLive, ""), IsOk());
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(CallWithBytes(channel, "/inference.GRPCInferenceService/ModelInfer", "").ok());
  }
  const std::string iris = "\x12\x04iris";  // model_name of either request
  for (int i = 0; i < 10; ++i) {
    for (const std::string method : {"Unload", "Load"}) {
      EXPECT_THAT(
          CallWithBytes(channel, "/inference.GRPCInferenceService/RepositoryModel" + method, iris),
          IsOk());
    }
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

class SignalTest : public ::testing::Test {
 protected:
  const SomeModels models_{"iris"};
  ServerProcess server_{models_.path()};
};

TEST_F(SignalTest, HangUpDrains) {
  server_.process().Signal(SIGHUP);
  EXPECT_EQ(server_.process().Wait(), 0);
  EXPECT_THAT(server_.process().output(), ::testing::HasSubstr("drained"));
}

TEST_F(SignalTest, OthersAreIgnored) {
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM}) server_.process().Signal(signal);
  EXPECT_THAT(Infer(server_, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
  server_.process().Signal(SIGTERM);
  EXPECT_EQ(server_.process().Wait(), 0);
}

}  // namespace
}  // namespace hillock::testing
