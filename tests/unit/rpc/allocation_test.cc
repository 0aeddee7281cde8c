// What a request costs in allocations between gRPC's bytes in and bytes out.

#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "server/rpc/infer_job.h"
#include "tests/support/allocations.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

constexpr size_t kInputs = 16;
constexpr int kRequests = 20;

// protobuf frees the message inside a tensor whenever that is cleared: typed contents, in and out.
constexpr size_t kOfTypedContents = 12;

class TestInferJob final : public InferJob {
 public:
  using InferJob::InferJob;
  const absl::Status& status() const { return status_; }

 private:
  void Answer(const absl::Status& status) override { status_ = status; }

  absl::Status status_ = absl::UnknownError("not answered");
};

class AllocationTest : public ::testing::TestWithParam<bool> {
 protected:
  AllocationTest() {
    const auto mlp =
        MlpBuilder(kInputs).Add(64, "relu").Add(8, "softmax").Labels(Eight()).Normalized().Share();
    auto model = serving::ServedModel::Create("pets", 1, mlp, {{.backend = Backend::kFallback}}, 1,
                                              registry_, Clock::Monotonic());
    catalogs_.Publish(std::make_shared<const serving::Catalog>(
        std::vector<serving::CatalogEntry>{{"pets", 1, *std::move(model)}}));
  }
  static std::vector<std::string> Eight() {
    std::vector<std::string> labels;
    for (int i = 0; i < 8; ++i)
      labels.push_back("a label too long for a small string " + std::to_string(i));
    return labels;
  }

  std::string Request() const {
    ModelInferRequest request;
    request.set_model_name("pets");
    request.set_id("an id that is too long for a small string");
    auto& input = *request.add_inputs();
    input.set_name("input");
    input.set_datatype("FP32");
    input.add_shape(2);
    input.add_shape(kInputs);
    const std::vector<float> values(2 * kInputs, 0.5f);
    if (GetParam()) {
      request.add_raw_input_contents(
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
    } else {
      input.mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
    }
    return request.SerializeAsString();
  }

  // From the bytes of a request to those of its answer, in messages that are used again.
  void Serve(const std::string& bytes) {
    request_.Clear();
    response_.Clear();
    bool ok = request_.ParseFromString(bytes);
    job_.Serve(request_, std::chrono::system_clock::time_point::max(), response_);
    reactor_.batcher().Run();
    ok = ok && response_.SerializeToArray(out_.data(), static_cast<int>(out_.size()));
    ASSERT_TRUE(ok);
  }

  grpc::ServerBuilder builder_;
  metrics::Registry registry_{1, {}};
  serving::CatalogHolder catalogs_;
  serving::Commons commons_;
  serving::Reactor reactor_{{.reactor = 0, .profile_every = 4},
                            builder_.AddCompletionQueue(),
                            catalogs_,
                            commons_,
                            registry_.reactor(0),
                            Clock::Monotonic()};
  TestInferJob job_{reactor_, Limits{}};
  ModelInferRequest request_;
  ModelInferResponse response_;
  std::array<char, 4096> out_{};
};

TEST_P(AllocationTest, ThereAreNoneOfOursOnceARequestHasBeenServed) {
  const std::string bytes = Request();
  for (int i = 0; i < kRequests; ++i) Serve(bytes);
  ASSERT_THAT(job_.status(), IsOk());
  const AllocationMeter meter;
  for (int i = 0; i < kRequests; ++i) Serve(bytes);
  EXPECT_LE(meter.count(), GetParam() ? 0 : kRequests * kOfTypedContents)
      << "in " << kRequests << " requests; the largest of " << meter.largest() << " bytes";
}

INSTANTIATE_TEST_SUITE_P(Each, AllocationTest, ::testing::Bool(),
                         [](const auto& form) { return form.param ? "raw" : "typed"; });

}  // namespace
}  // namespace hillock::rpc
