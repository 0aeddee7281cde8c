// SPDX-License-Identifier: Apache-2.0

// Repositories as Kubernetes, KServe and the Hugging Face hub make them, swapped, emptied and
// filled again under load: no request fails.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stub = inference::GRPCInferenceService::Stub;
namespace fs = std::filesystem;

constexpr int kSwaps = 10;

class LayoutTest : public ::testing::Test {
 protected:
  // Turns a link in the root's parent elsewhere, in one step.
  void Turn(const std::string& to, const std::string& link) const {
    fs::create_directories((folder_.path() / link).parent_path());
    fs::create_symlink(to, folder_.path() / (link + "-new"));
    fs::rename(folder_.path() / (link + "-new"), folder_.path() / link);
  }

  ServerProcess Serve(const std::string& root, std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--model-control", "poll", "--poll-seconds", "0.02"});
    return ServerProcess(folder_.Path(root), flags);
  }

  static float Ask(ServerProcess& server) {
    const auto answer = Infer(server, MakeRequest("net", 4, std::vector<float>(4)));
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? answer->values.front() : -1;
  }
  static bool ComesToAnswer(ServerProcess& server, int number) {
    return ComesToHold([&] { return Ask(server) == static_cast<float>(number); });
  }
  static std::string ReasonOfNet(ServerProcess& server) {
    const auto index = Call(server, &Stub::RepositoryIndex, inference::RepositoryIndexRequest());
    return index.ok() && index->models_size() == 1 ? index->models(0).reason() : "no model";
  }

  TemporaryFolder folder_;
};

// Asks for the model `net` all the while, and watches whether the server stays ready.
class Load {
 public:
  explicit Load(ServerProcess& server)
      : server_(server),
        client_(WellBehavedClient::Connect(server.address()),
                {.model = "net", .width = kConstantInputs, .calls_per_second = 200}) {
    client_.AwaitAnswers(1);
  }
  ~Load() {
    EXPECT_THAT(client_.Stop().errors, IsEmpty());
    EXPECT_THAT(server_.process().output(), ::testing::Not(HasSubstr("not ready")));
  }

 private:
  ServerProcess& server_;
  WellBehavedClient client_;
};

TEST_F(LayoutTest, AConfigMapIsSwappedInOneStep) {
  const auto write = [&](int number) {
    folder_.Write(fmt::format("root/net/1/..{}/model.mlp", number), ConstantModel(number));
    Turn(fmt::format("..{}", number), "root/net/1/..data");
  };
  write(0);
  fs::create_symlink("..data/model.mlp", folder_.Path("root/net/1/model.mlp"));
  ServerProcess server = Serve("root");
  const Load load(server);
  for (int i = 1; i <= kSwaps; ++i) {
    write(i);
    fs::remove_all(folder_.Path(fmt::format("root/net/1/..{}", i - 1)));
    EXPECT_TRUE(ComesToAnswer(server, i));
  }
}

TEST_F(LayoutTest, AConfigMapMayBeTheWholeRepository) {
  const auto write = [&](int number) {
    folder_.Write(fmt::format("root/..{}/net/1/model.mlp", number), ConstantModel(number));
    Turn(fmt::format("..{}", number), "root/..data");
  };
  write(0);
  fs::create_symlink("..data/net", folder_.Path("root/net"));
  ServerProcess server = Serve("root");
  const Load load(server);
  for (int i = 1; i <= kSwaps; ++i) {
    write(i);
    fs::remove_all(folder_.Path(fmt::format("root/..{}", i - 1)));
    EXPECT_TRUE(ComesToAnswer(server, i));
  }
}

TEST_F(LayoutTest, ASnapshotIsTurnedToAnotherOne) {
  const auto snapshot = [&](int number) {
    folder_.Write(fmt::format("cache/blobs/{}", number), ConstantModel(number));
    const std::string path = fmt::format("cache/snapshots/{}", number);
    fs::create_directories(folder_.Path(path));
    fs::create_symlink(fmt::format("../../blobs/{}", number), folder_.Path(path + "/model.mlp"));
    Turn(path, "net");
  };
  snapshot(0);
  ServerProcess server = Serve("net");
  const Load load(server);
  for (int i = 1; i <= kSwaps; ++i) {
    snapshot(i);
    EXPECT_TRUE(ComesToAnswer(server, i));
  }
}

TEST_F(LayoutTest, AVersionFolderIsTurnedToAnotherBuild) {
  const auto build = [&](int number) {
    folder_.Write(fmt::format("root/.builds/{}/model.mlp", number), ConstantModel(number));
    Turn(fmt::format("../.builds/{}", number), "root/net/1");
  };
  build(0);
  ServerProcess server = Serve("root");
  const Load load(server);
  for (int i = 1; i <= kSwaps; ++i) {
    build(i);
    EXPECT_TRUE(ComesToAnswer(server, i));
  }
}

TEST_F(LayoutTest, AnEmptiedRepositoryKeepsWhatServesUntilItIsFilledAgain) {
  folder_.Write("root/net/1/model.mlp", ConstantModel(1));
  fs::create_directory(folder_.Path("empty"));
  ServerProcess server = Serve("root");
  const Load load(server);
  const auto swap = [&](const char* with) {
    fs::rename(folder_.Path("root"), folder_.Path("aside"));
    fs::rename(folder_.Path(with), folder_.Path("root"));
    fs::rename(folder_.Path("aside"), folder_.Path(with));
  };
  swap("empty");
  EXPECT_TRUE(ComesToHold([&] {
    return ReasonOfNet(server).find("it has no version of any model") != std::string::npos;
  }));
  EXPECT_TRUE(server.process().WaitForLine("repository '" + folder_.Path("root") + "': it has no"));
  EXPECT_EQ(Ask(server), 1);
  swap("empty");
  EXPECT_TRUE(ComesToHold([&] { return ReasonOfNet(server).empty(); }));
  fs::rename(folder_.Path("root"), folder_.Path("gone"));
  EXPECT_TRUE(server.process().WaitForLine("repository '" + folder_.Path("root") + "': no such"));
  EXPECT_THAT(ReasonOfNet(server), HasSubstr("the repository: no such folder"));
  folder_.Write("gone/net/2/model.mlp", ConstantModel(2));
  fs::rename(folder_.Path("gone"), folder_.Path("root"));
  EXPECT_TRUE(ComesToAnswer(server, 2));
}

// What KServe leaves at /mnt/models, which it may make a link to.
TEST_F(LayoutTest, KServesLayoutsAreServedByTheServicesName) {
  folder_.Write("file/model.mlp", ConstantModel(1));
  folder_.Write("versions/3/model.mlp", ConstantModel(2));
  folder_.Write("repository/net/1/model.mlp", ConstantModel(3));
  int number = 0;
  for (const std::string root : {"file", "versions", "repository"}) {
    const std::string link = "mnt-" + root;
    fs::create_symlink(root, folder_.Path(link));
    ServerProcess server(folder_.Path(link), {"--model-name", "net"});
    EXPECT_EQ(Ask(server), ++number) << root;
  }
}

TEST_F(LayoutTest, WhatIsNotServedIsNamed) {
  folder_.Write("store/1/model.mlp", ConstantModel(1));
  folder_.Write("root/net/1/model.mlp", ConstantModel(1));
  folder_.MakeFolder("root/lost+found");
  folder_.MakeFolder("root/a\nb");
  fs::create_symlink("../store", folder_.Path("root/out"));
  ServerProcess server(folder_.Path("root"));
  const auto index = Call(server, &Stub::RepositoryIndex, inference::RepositoryIndexRequest());
  ASSERT_THAT(index, IsOk());
  ASSERT_EQ(index->models_size(), 3) << index->DebugString();
  EXPECT_EQ(index->models(0).name(), "a\\nb");
  EXPECT_EQ(index->models(2).name(), "out");
  EXPECT_EQ(index->models(2).reason(), "out: is a symbolic link that leads out of the repository");
  EXPECT_TRUE(server.process().WaitForLine("model 'out' is not served: INVALID_ARGUMENT: out: is"));
}

// Thousands of folders take thousands of times one, and no more.
TEST_F(LayoutTest, ManyFoldersStartSoon) {
  const std::string model = ConstantModel(1);
  for (int i = 0; i < 10'000; ++i) folder_.MakeFolder(fmt::format("root/empty-{}", i));
  for (int i = 0; i < 2'000; ++i) {
    folder_.Write(fmt::format("root/model-{}/1/model.mlp", i), model);
  }
  const auto start = std::chrono::steady_clock::now();
  ServerProcess server(folder_.Path("root"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(server.served(), 2'000);
  EXPECT_EQ(server.unavailable(), 10'000);
  RecordProperty("seconds", fmt::format("{:.2f}", took.count()));
}

}  // namespace
}  // namespace hillock::testing
