// What a request costs in allocations between gRPC's bytes in and bytes out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/allocations.h"
#include "tests/support/byte_buffers.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::InSlices;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

constexpr size_t kInputs = 16;
constexpr int kRequests = 20;

// protobuf frees the message inside a tensor whenever that is cleared: typed contents, in and out.
constexpr size_t kOfTypedContents = 12;

struct Shape {
  std::string name;
  bool raw;
  int64_t rows;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class AllocationTest : public ::testing::TestWithParam<Shape> {
 protected:
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
    input.add_shape(GetParam().rows);
    input.add_shape(kInputs);
    const std::vector<float> values(static_cast<size_t>(GetParam().rows) * kInputs, 0.5f);
    if (GetParam().raw) {
      request.add_raw_input_contents(
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
    } else {
      input.mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
    }
    return request.SerializeAsString();
  }

  // The request's bytes as gRPC gives them, as often as wanted.
  std::deque<grpc::ByteBuffer> Requests() const {
    const std::string bytes = Request();
    std::deque<grpc::ByteBuffer> requests;
    for (int i = 0; i < kRequests; ++i) requests.push_back(InSlices(bytes, 4000));
    return requests;
  }

  // From the bytes of requests to those of their answers, in messages that are used again.
  void Serve(std::deque<grpc::ByteBuffer>& requests) {
    for (grpc::ByteBuffer& bytes : requests) {
      request_.Clear();
      response_.Clear();
      job_.Serve(bytes, std::chrono::system_clock::time_point::max(), request_, response_);
      reactor_->batcher().Run();
      ASSERT_TRUE(response_.SerializeToArray(out_.data(), static_cast<int>(out_.size())));
    }
  }

  OneReactor reactor_{
      MlpBuilder(kInputs).Add(64, "relu").Add(8, "softmax").Labels(Eight()).Normalized().Share(),
      {},
      {.profile_every = 4},
      Clock::Monotonic()};
  TestInferJob job_{*reactor_, Limits{}};
  ModelInferRequest request_;
  ModelInferResponse response_;
  std::array<char, 32768> out_{};
};

TEST_P(AllocationTest, ThereAreNoneOfOursOnceARequestHasBeenServed) {
  auto first = Requests();
  auto then = Requests();
  Serve(first);
  ASSERT_THAT(job_.status(), IsOk());
  const AllocationMeter meter;
  Serve(then);
  EXPECT_LE(meter.count(), GetParam().raw ? 0 : kRequests * kOfTypedContents)
      << "in " << kRequests << " requests; the largest of " << meter.largest() << " bytes";
}

INSTANTIATE_TEST_SUITE_P(Each, AllocationTest,
                         ::testing::Values(Shape{"Raw", true, 2}, Shape{"Typed", false, 2},
                                           Shape{"RawAndLarge", true, 300}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::rpc
