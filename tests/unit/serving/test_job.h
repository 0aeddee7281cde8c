#ifndef HILLOCK_TESTS_UNIT_SERVING_TEST_JOB_H_
#define HILLOCK_TESTS_UNIT_SERVING_TEST_JOB_H_

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server/serving/batcher.h"
#include "tests/support/random.h"

namespace hillock::serving {

// A job of random rows that remembers what became of it. Its buffers begin at odd addresses, as
// those inside a message may.
class TestJob final : public Job {
 public:
  TestJob(ServedModel& served, size_t row_count, uint32_t seed = 1, Nanos arrived_at = 0)
      : rows_(testing::Random(seed).Floats(row_count * served.inputs(), -2, 2)),
        in_(1 + rows_.size() * sizeof(float)),
        out_(1 + row_count * served.outputs() * sizeof(float)) {
    std::memcpy(in_.data() + 1, rows_.data(), in_.size() - 1);
    model = &served;
    input = in_.data() + 1;
    output = out_.data() + 1;
    rows = row_count;
    arrived = arrived_at;
  }

  void Done(const absl::Status& status) override {
    ++done_;
    status_ = status;
    if (then_) then_(*this);
  }

  // What else happens when the job is done.
  void Then(std::function<void(TestJob&)> then) { then_ = std::move(then); }

  int done() const { return done_; }
  const absl::Status& status() const { return status_; }
  std::span<const float> Row(size_t i) const {
    const size_t width = rows_.size() / rows;
    return std::span(rows_).subspan(i * width, width);
  }
  std::vector<float> Answers() const {
    std::vector<float> answers((out_.size() - 1) / sizeof(float));
    std::memcpy(answers.data(), out_.data() + 1, out_.size() - 1);
    return answers;
  }

 private:
  std::vector<float> rows_;
  std::vector<char> in_;
  std::vector<char> out_;
  int done_ = 0;
  absl::Status status_ = absl::UnknownError("not done");
  std::function<void(TestJob&)> then_;
};

}  // namespace hillock::serving

#endif  // HILLOCK_TESTS_UNIT_SERVING_TEST_JOB_H_
