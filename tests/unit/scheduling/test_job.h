// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_
#define HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server/lifecycle/served_model.h"
#include "server/scheduling/batcher.h"
#include "server/scheduling/shared_work_queue.h"
#include "tests/support/random.h"

namespace hillock::scheduling {

// A job of random rows that remembers what became of it. Its buffers begin at odd addresses, as
// those inside a message may.
class TestJob final : private Completion, public Job {
 public:
  TestJob(lifecycle::ServedModel& served, size_t row_count, uint32_t seed = 1, Nanos arrived_at = 0)
      : Job(static_cast<Completion&>(*this)),
        rows_(testing::Random(seed).Floats(row_count * served.input_width(), -2, 2)),
        in_(1 + rows_.size() * sizeof(float)) {
    std::memcpy(in_.data() + 1, rows_.data(), in_.size() - 1);
    request.model = &served;
    request.input = in_.data() + 1;
    for (const lifecycle::ServedOutput& output : served.outputs()) {
      out_.emplace_back(1 + row_count * output.width * sizeof(float));
      rooms_.push_back(out_.back().data() + 1);
    }
    request.outputs = rooms_;
    request.rows = row_count;
    request.arrived = arrived_at;
  }

  // Nobody wants this output.
  void Skip(size_t output) { rooms_[output] = nullptr; }

  // What else happens when the job is done.
  void Then(std::function<void(TestJob&)> then) { then_ = std::move(then); }

  size_t rows() const { return request.rows; }
  Nanos computed() const { return computed_; }
  int done() const { return done_; }
  const absl::Status& status() const { return status_; }
  std::span<const float> Row(size_t i) const {
    const size_t width = rows_.size() / request.rows;
    return std::span(rows_).subspan(i * width, width);
  }
  std::vector<float> Answers(size_t output = 0) const {
    const std::vector<char>& out = out_[output];
    std::vector<float> answers((out.size() - 1) / sizeof(float));
    std::memcpy(answers.data(), out.data() + 1, out.size() - 1);
    return answers;
  }

 private:
  void Done(const absl::Status& status, Nanos computed) override {
    ++done_;
    status_ = status;
    computed_ = computed;
    if (then_) then_(*this);
  }

  std::vector<float> rows_;
  std::vector<char> in_;
  std::vector<std::vector<char>> out_;  // by output
  std::vector<char*> rooms_;
  int done_ = 0;
  Nanos computed_ = 0;
  absl::Status status_ = absl::UnknownError("not done");
  std::function<void(TestJob&)> then_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_
