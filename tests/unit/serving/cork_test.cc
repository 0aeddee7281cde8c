// Answers that leave together. Whether a socket is corked is what the kernel says.

#include "server/serving/cork.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/loopback.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/serving/test_job.h"

namespace hillock::serving {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::IsHeld;
using ::hillock::testing::IsOk;
using ::hillock::testing::Loopback;
using ::hillock::testing::MlpBuilder;
using ::testing::Each;
using ::testing::ElementsAre;

class CorkTest : public ::testing::Test {
 protected:
  // Runs one job for each of the sockets in one batch, and tells whether each was corked when the
  // job was done.
  std::vector<bool> RunJobsBy(const std::vector<int>& sockets) {
    std::vector<bool> corked;
    std::deque<TestJob> jobs;
    for (const int socket : sockets) {
      TestJob& job = jobs.emplace_back(*model_, 1);
      job.SetSocket(socket);
      job.Then([&corked, socket](TestJob&) { corked.push_back(IsHeld(socket)); });
      EXPECT_THAT(batcher_.Add(job), IsOk());
    }
    batcher_.Run();
    return corked;
  }

  FakeClock clock_;
  Commons commons_;
  metrics::Registry registry_{1, {}};
  std::shared_ptr<ServedModel> model_ = *ServedModel::Create(
      "one", 1, MlpBuilder(3, 1).Add(2, "relu").Share(), {}, 1, registry_, clock_);
  Batcher batcher_{{}, commons_, registry_.reactor(0), clock_};
  const Loopback first_{AF_INET};
  const Loopback second_{AF_INET};
};

TEST_F(CorkTest, HoldsWhatAnswersOneAfterTheOtherGoOutBy) {
  const int socket = first_.server();
  EXPECT_THAT(RunJobsBy({socket, socket, socket}), Each(true));
  EXPECT_FALSE(IsHeld(socket)) << "afterwards";
}

TEST_F(CorkTest, LeavesAloneWhatOneAnswerGoesOutBy) {
  EXPECT_THAT(RunJobsBy({first_.server()}), ElementsAre(false));
  EXPECT_THAT(RunJobsBy({first_.server(), second_.server()}), ElementsAre(false, false));
  EXPECT_THAT(RunJobsBy({first_.server(), second_.server(), first_.server()}), Each(false));
}

TEST_F(CorkTest, LetsGoOfOneConnectionBeforeTheNext) {
  std::deque<TestJob> jobs;
  for (const Loopback* by : {&first_, &first_, &second_, &second_}) {
    TestJob& job = jobs.emplace_back(*model_, 1);
    job.SetSocket(by->server());
    job.Then([this, by](TestJob&) {
      EXPECT_EQ(IsHeld(first_.server()), by == &first_);
      EXPECT_EQ(IsHeld(second_.server()), by == &second_);
    });
    EXPECT_THAT(batcher_.Add(job), IsOk());
  }
  batcher_.Run();
  EXPECT_FALSE(IsHeld(second_.server()));
}

TEST_F(CorkTest, DoesWithoutASocket) {
  EXPECT_THAT(RunJobsBy({first_.server(), first_.server()}), Each(true));
  std::deque<TestJob> jobs;
  for (int i = 0; i < 3; ++i) EXPECT_THAT(batcher_.Add(jobs.emplace_back(*model_, 1)), IsOk());
  batcher_.Run();
  for (const TestJob& job : jobs) EXPECT_THAT(job.status(), IsOk());
}

// A table of sockets may be out of date.
TEST_F(CorkTest, DoesNoHarmToWhatIsNoSocket) {
  std::deque<TestJob> jobs;
  for (const int descriptor : {0, 0, 1'000'000, 1'000'000}) {
    TestJob& job = jobs.emplace_back(*model_, 1);
    job.SetSocket(descriptor);
    EXPECT_THAT(batcher_.Add(job), IsOk());
  }
  batcher_.Run();
  for (const TestJob& job : jobs) EXPECT_THAT(job.status(), IsOk());
}

// What is written while a socket is held arrives when it is let go.
TEST_F(CorkTest, LosesNothing) {
  std::deque<TestJob> jobs;
  for (const char* text : {"one ", "two ", "three"}) {
    TestJob& job = jobs.emplace_back(*model_, 1);
    job.SetSocket(first_.server());
    job.Then([this, text](TestJob&) {
      EXPECT_GT(send(first_.server(), text, std::strlen(text), MSG_NOSIGNAL), 0);
    });
    EXPECT_THAT(batcher_.Add(job), IsOk());
  }
  batcher_.Run();
  std::string got(13, '\0');
  EXPECT_EQ(recv(first_.client(), got.data(), got.size(), MSG_WAITALL), 13);
  EXPECT_EQ(got, "one two three");
}

}  // namespace
}  // namespace hillock::serving
