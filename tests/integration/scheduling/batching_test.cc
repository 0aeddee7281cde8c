// SPDX-License-Identifier: Apache-2.0

// A row's answer is the same, bit for bit, whatever batch it rode in.

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/integration/support/examples.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr size_t kThreads = 4;
constexpr size_t kMaxRows = 40;

class BatchingTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto answer = Infer(server_, MakeRequest(example_));
    ASSERT_THAT(answer, IsOk());
    whole_ = answer->values;
  }

  // Asks for a part of the rows and expects what they got when asked for with all the others.
  void ExpectSameBits(size_t first, size_t rows) {
    const auto answer = Infer(server_, MakeRequest(example_, first, rows));
    ASSERT_THAT(answer, IsOk());
    const auto want = std::span(whole_).subspan(first * example_.outputs, rows * example_.outputs);
    EXPECT_EQ(FirstDifference(answer->values, want), std::nullopt)
        << rows << " rows from row " << first;
  }

  ServerProcess& server_ = ServerProcess::Shared();
  const Example& example_ = FindExample(GetParam());
  std::vector<float> whole_;
};

TEST_P(BatchingTest, SingleRowsAreTheSame) {
  for (size_t row = 0; row < example_.count() && !HasFailure(); ++row) ExpectSameBits(row, 1);
}

TEST_P(BatchingTest, RandomBatchesOfManyClientsAreTheSame) {
  const auto ask = [this](uint32_t seed) {
    Random random(seed);
    for (size_t asked = 0; asked < example_.count() && !HasFailure();) {
      const size_t rows = 1 + random.Index(std::min(kMaxRows, example_.count()));
      ExpectSameBits(random.Index(example_.count() - rows + 1), rows);
      asked += rows;
    }
  };
  std::vector<std::thread> clients;
  for (uint32_t seed = 1; seed <= kThreads; ++seed) clients.emplace_back(ask, seed);
  for (std::thread& client : clients) client.join();
}

INSTANTIATE_TEST_SUITE_P(Models, BatchingTest, ::testing::ValuesIn(ExampleNames()),
                         [](const auto& test) { return TestName(test.param); });

}  // namespace
}  // namespace hillock::testing
