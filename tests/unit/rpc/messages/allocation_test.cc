// SPDX-License-Identifier: Apache-2.0

// What a request costs in allocations between its bytes and those of its answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/response_writer.h"
#include "tests/support/allocations.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/rpc/served.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::MlpBuilder;
using inference::ModelInferRequest;

constexpr size_t kInputs = 16;
constexpr int kRequests = 20;

struct Shape {
  std::string name;
  bool raw;
  int64_t rows;
  AnswerKind kind;
  std::string datatype = "FP32";  // or FP64, which is converted
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

  template <class T>
  static void Fill(const std::vector<T>& values, ModelInferRequest& request,
                   google::protobuf::RepeatedField<T>& field) {
    if (GetParam().raw) {
      request.add_raw_input_contents(
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
    } else {
      field.Add(values.begin(), values.end());
    }
  }

  std::string Request() const {
    ModelInferRequest request;
    request.set_model_name("pets");
    request.set_id("an id that is too long for a small string");
    auto& input = *request.add_inputs();
    input.set_name("input");
    input.set_datatype(GetParam().datatype);
    input.add_shape(GetParam().rows);
    input.add_shape(kInputs);
    const size_t count = static_cast<size_t>(GetParam().rows) * kInputs;
    if (GetParam().datatype == "FP64") {
      Fill(std::vector<double>(count, 0.5), request,
           *input.mutable_contents()->mutable_fp64_contents());
    } else {
      Fill(std::vector<float>(count, 0.5f), request,
           *input.mutable_contents()->mutable_fp32_contents());
    }
    if (GetParam().raw) input.clear_contents();
    return request.SerializeAsString();
  }

  // From the bytes of requests to those of their answers, in memory that is used again.
  void Serve() {
    buffer_.Clear();
    ASSERT_TRUE(request_.Read(bytes_).ok());
    auto view = DecodeShape(request_, *served_, {});
    ASSERT_TRUE(view.ok());
    ASSERT_TRUE(DecodeContents(request_, *served_, {}, gathered_, *view).ok());
    const auto rooms = writer_.Begin(request_, *served_, *view, GetParam().kind, buffer_);
    std::memset(rooms[0], 0, view->rows * 8 * sizeof(float));
    ASSERT_TRUE(writer_.End().ok());
  }

  Served served_{MlpBuilder(kInputs).Add(8, "softmax").Labels(Eight()).Build()};
  const std::string bytes_ = Request();
  RequestView request_;
  ScratchFloats gathered_;
  ResponseWriter writer_;
  transport::Buffer buffer_;
};

TEST_P(AllocationTest, ThereAreNoneOnceARequestHasBeenServed) {
  Serve();
  const size_t allocated = buffer_.allocated();
  const AllocationMeter meter;
  for (int i = 0; i < kRequests; ++i) Serve();
  EXPECT_EQ(meter.count(), 0u) << "the largest of " << meter.largest() << " bytes";
  EXPECT_EQ(buffer_.allocated(), allocated);
}

INSTANTIATE_TEST_SUITE_P(Each, AllocationTest,
                         ::testing::Values(Shape{"Raw", true, 2, AnswerKind::kUnary},
                                           Shape{"Typed", false, 2, AnswerKind::kUnary},
                                           Shape{"RawAndLarge", true, 300, AnswerKind::kUnary},
                                           Shape{"Stream", true, 2, AnswerKind::kStream},
                                           Shape{"Converted", true, 2, AnswerKind::kUnary, "FP64"},
                                           Shape{"TypedAndConverted", false, 2, AnswerKind::kUnary,
                                                 "FP64"}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::rpc
