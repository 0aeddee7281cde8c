#ifndef HILLOCK_SERVER_SERVING_BATCHER_H_
#define HILLOCK_SERVER_SERVING_BATCHER_H_

#include <cstddef>
#include <vector>

#include "server/base/clock.h"
#include "server/base/status.h"
#include "server/metrics/registry.h"
#include "server/serving/served_model.h"

namespace hillock::serving {

// The rows of one admitted request. Whoever creates a job keeps it, and what it points to, until
// Done() has been called.
class Job {
 public:
  virtual ~Job() = default;

  // The answer is complete in `output`, or `status` says why there is none. Called once.
  virtual void Done(const absl::Status& status) = 0;

  ServedModel* model = nullptr;
  const char* input = nullptr;  // [rows][inputs] floats, any alignment
  char* output = nullptr;       // room for [rows][outputs] floats, any alignment
  size_t rows = 0;              // at least 1
  Nanos arrived = 0;

 private:
  friend class Batcher;
  Nanos started_ = 0;    // when its first rows began to be computed
  absl::Status status_;  // the first error any of its rows met
};

// Runs jobs in batches: what has been added by the time of Run() is the batch. Rows of one batch
// come from one version of one model, in order of arrival; a job with more rows than fit is spread
// over several batches. Belongs to one reactor; not thread-safe.
class Batcher {
 public:
  // reactor: whose executors and cells to use. One batch in profile_every of each model is
  // profiled, its first included; 0 profiles none. `cells` and `clock` must outlive this.
  Batcher(size_t reactor, size_t profile_every, metrics::ReactorCells& cells, const Clock& clock);

  void Add(Job& job) { jobs_.push_back(&job); }

  // Computes and completes every job added.
  void Run();

 private:
  // Rows of one job within a batch.
  struct Segment {
    Job* job;
    size_t first;  // row of the job
    size_t rows;
    size_t at;  // row of the batch
  };

  void RunModel(ServedModel& model);
  void Gather(ServedModel& model, Job& job);
  void Flush(ServedModel& model);
  bool IsProfiled(const metrics::ModelCells& cells) const;
  void Complete(Job& job, Nanos now);
  void Record(ServedModel& model, size_t rows);

  const size_t reactor_;
  const size_t profile_every_;
  metrics::ReactorCells& cells_;
  const Clock& clock_;
  std::vector<Job*> jobs_;
  std::vector<Job*> batch_;  // jobs of the model being run
  std::vector<Segment> segments_;
  size_t filled_ = 0;  // rows in the executor's input
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_BATCHER_H_
