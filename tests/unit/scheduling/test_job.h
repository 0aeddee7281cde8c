#ifndef HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_
#define HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server/scheduling/batcher.h"
#include "tests/support/random.h"

namespace hillock::scheduling {

// A job of random rows that remembers what became of it. Its buffers begin at odd addresses, as
// those inside a message may.
class TestJob final : public Job {
 public:
  TestJob(lifecycle::ServedModel& served, size_t row_count, uint32_t seed = 1, Nanos arrived_at = 0)
      : rows_(testing::Random(seed).Floats(row_count * served.inputs(), -2, 2)),
        in_(1 + rows_.size() * sizeof(float)) {
    std::memcpy(in_.data() + 1, rows_.data(), in_.size() - 1);
    model = &served;
    input = in_.data() + 1;
    for (const lifecycle::ServedOutput& output : served.outputs()) {
      out_.emplace_back(1 + row_count * output.width * sizeof(float));
      rooms_.push_back(out_.back().data() + 1);
    }
    outputs = rooms_;
    rows = row_count;
    arrived = arrived_at;
  }

  void Done(const absl::Status& status) override {
    ++done_;
    status_ = status;
    if (then_) then_(*this);
  }

  // Nobody wants this output.
  void Skip(size_t output) { rooms_[output] = nullptr; }

  // What else happens when the job is done.
  void Then(std::function<void(TestJob&)> then) { then_ = std::move(then); }

  int done() const { return done_; }
  const absl::Status& status() const { return status_; }
  std::span<const float> Row(size_t i) const {
    const size_t width = rows_.size() / rows;
    return std::span(rows_).subspan(i * width, width);
  }
  std::vector<float> Answers(size_t output = 0) const {
    const std::vector<char>& out = out_[output];
    std::vector<float> answers((out.size() - 1) / sizeof(float));
    std::memcpy(answers.data(), out.data() + 1, out.size() - 1);
    return answers;
  }

 private:
  std::vector<float> rows_;
  std::vector<char> in_;
  std::vector<std::vector<char>> out_;  // by output
  std::vector<char*> rooms_;
  int done_ = 0;
  absl::Status status_ = absl::UnknownError("not done");
  std::function<void(TestJob&)> then_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_TESTS_UNIT_SCHEDULING_TEST_JOB_H_
