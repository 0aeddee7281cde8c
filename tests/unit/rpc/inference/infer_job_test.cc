// SPDX-License-Identifier: Apache-2.0

// What InferJob refuses, and how it counts that.

#include "server/rpc/inference/infer_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::Not;
using Code = absl::StatusCode;
using Request = inference::ModelInferRequest;

constexpr size_t kInputs = 3;
constexpr int64_t kWaiting = 10;  // rows

// A request for `rows` rows of zeros.
Request Rows(int64_t rows) {
  Request request;
  request.set_model_name("pets");
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(rows);
  input.add_shape(kInputs);
  request.add_raw_input_contents(
      std::string(static_cast<size_t>(rows) * kInputs * sizeof(float), '\0'));
  return request;
}

// 10 rows wait already.
class InferJobTest : public ::testing::Test {
 protected:
  InferJobTest() { Serve(waiting_, Rows(kWaiting).SerializeAsString(), kNoDeadline); }

  static void Serve(TestInferJob& job, const std::string& bytes, Nanos wanted_by) {
    transport::Buffer request;
    request.Append(bytes);
    job.Serve(std::move(request), AnswerKind::kUnary, wanted_by, transport::Buffer());
  }

  absl::Status Ask(const std::string& bytes, Nanos wanted_by = kNoDeadline) {
    Serve(asking_, bytes, wanted_by);
    return asking_.status();
  }

  uint64_t Counted(Code code) { return reactor_.cells().requests[static_cast<size_t>(code)].Get(); }
  uint64_t Unrouted(Code code) {
    return reactor_->cells().unrouted[static_cast<size_t>(code)].Get();
  }

  FakeClock clock_;
  OneReactor reactor_{MlpBuilder(kInputs).Add(2, "identity").Share(),
                      {.max_rows = 100, .queue = {.rows = 15}},
                      {.limits = {.rows = 20}},
                      clock_};
  TestInferJob waiting_{InferContext{*reactor_, {.max_answer_bytes = 400}}};
  TestInferJob asking_{InferContext{*reactor_, {.max_answer_bytes = 400}}};
};

struct Refusal {
  std::string name;
  Request request;
  Code code;
  std::string message;
  std::optional<ShedReason> counted_as{};
  bool late = false;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

Request Changed(void (*change)(Request&)) {
  Request request = Rows(1);
  change(request);
  return request;
}

const std::vector<Refusal> kRefusals = {
    {"UnknownModel", Changed([](Request& r) { r.set_model_name("plants"); }), Code::kNotFound,
     "Request for unknown model: 'plants' is not found"},
    {"WrongDatatype", Changed([](Request& r) { r.mutable_inputs(0)->set_datatype("BYTES"); }),
     Code::kInvalidArgument, "input 'input': got datatype 'BYTES', want FP32"},
    {"WrongWidth", Changed([](Request& r) { r.mutable_inputs(0)->set_shape(1, 4); }),
     Code::kInvalidArgument, "input 'input': got shape [1, 4], want [rows, 3] with at least 1 row"},
    {"UnknownOutput", Changed([](Request& r) { r.add_outputs()->set_name("y"); }),
     Code::kInvalidArgument, "model 'pets': got output 'y', want 'output'"},
    {"TooManyRows", Rows(101), Code::kResourceExhausted,
     "input 'input': got 101 rows, want at most 100"},
    {"TooLargeAnAnswer", Rows(51), Code::kResourceExhausted,
     "input 'input': the answer to 51 rows has 408 bytes, want at most 400"},
    {"QueueFull", Rows(11), Code::kResourceExhausted,
     "the queue is full: 21 rows with this request, want at most 20", ShedReason::kQueueRows},
    {"QueueOfModelFull", Rows(6), Code::kResourceExhausted,
     "the queue of model 'pets' is full: 16 rows with this request, want at most 15",
     ShedReason::kQueueRows},
    {"Late", Rows(1), Code::kDeadlineExceeded, "0.0 ms are left, the answer would take 0.0",
     ShedReason::kDeadline, /*late=*/true}};

class RefusalTest : public InferJobTest, public ::testing::WithParamInterface<Refusal> {
 protected:
  void ExpectRefused(const std::string& bytes) {
    const Refusal& want = GetParam();
    const absl::Status status = Ask(bytes, want.late ? Nanos{0} : kNoDeadline);
    EXPECT_THAT(status, StatusIs(want.code, want.message));
    const bool is_full = want.counted_as == ShedReason::kQueueRows;
    EXPECT_EQ(scheduling::RetryPushback(status), is_full ? 1 : -1);
    const bool is_unknown = want.code == Code::kNotFound;
    EXPECT_EQ(Counted(want.code), is_unknown ? 0u : 1u);
    EXPECT_EQ(Unrouted(want.code), is_unknown ? 1u : 0u);
    for (const auto reason : {ShedReason::kQueueRows, ShedReason::kDeadline}) {
      EXPECT_EQ(reactor_.cells().shed[static_cast<size_t>(reason)].Get(),
                want.counted_as == reason ? 1u : 0u);
    }
    EXPECT_EQ(reactor_.cells().queue_rows.Get(), kWaiting);
  }
};

TEST_P(RefusalTest, OfASmallRequest) { ExpectRefused(GetParam().request.SerializeAsString()); }

// A large one is refused before its contents, which are not finite, are looked at.
TEST_P(RefusalTest, OfALargeRequest) {
  Request request = GetParam().request;
  request.set_raw_input_contents(0, std::string(20'000, '\xff'));
  ExpectRefused(request.SerializeAsString());
}

INSTANTIATE_TEST_SUITE_P(Each, RefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST_P(RefusalTest, NamesTheRequestByItsId) {
  const Refusal& want = GetParam();
  Request request = want.request;
  request.set_id("req-7");
  const absl::Status status = Ask(request.SerializeAsString(), want.late ? Nanos{0} : kNoDeadline);
  EXPECT_THAT(status, StatusIs(want.code, "[request id: req-7] " + want.message));
  const bool is_full = want.counted_as == ShedReason::kQueueRows;
  EXPECT_EQ(scheduling::RetryPushback(status), is_full ? 1 : -1);
}

TEST_F(InferJobTest, RefusesBytesThatAreNoRequest) {
  EXPECT_THAT(Ask("\xff\xff\xff\xff"),
              StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  EXPECT_EQ(Unrouted(Code::kInvalidArgument), 1u);
  EXPECT_THAT(Ask(std::string(20'000, '\xff')),
              StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  EXPECT_EQ(Unrouted(Code::kInvalidArgument), 2u);
}

TEST_F(InferJobTest, CountsWhatCouldNotBeRead) {
  asking_.Refuse(absl::InternalError("got no message, want one"));
  EXPECT_THAT(asking_.status(), StatusIs(Code::kInternal, "got no message, want one"));
  EXPECT_EQ(Unrouted(Code::kInternal), 1u);
}

TEST_F(InferJobTest, AnswersWhatComesAfterARefusal) {
  ASSERT_THAT(Ask(Rows(101).SerializeAsString()), Not(IsOk()));
  Serve(asking_, Rows(2).SerializeAsString(), kNoDeadline);
  EXPECT_GT(asking_.held_bytes(), 0u);
  reactor_->batcher().Run();
  EXPECT_THAT(asking_.status(), IsOk());
  inference::ModelInferResponse response;
  ASSERT_TRUE(response.ParseFromString(std::string(asking_.bytes())));
  EXPECT_EQ(response.outputs(0).shape(0), 2);
  EXPECT_THAT(waiting_.status(), IsOk());
}

// y = 10 a + b and z = 3, where `a` are integers, and `b` may be left out.
std::shared_ptr<const model::Mlp> TwoInputs() {
  model::Mlp mlp = MlpBuilder(2).Add(1, "identity").Output("y").Build();
  mlp.inputs = {{.name = "a", .datatype = model::Datatype::kInt64, .shape = {-1}, .width = 1},
                {.name = "b", .shape = {-1, 1}, .width = 1, .required = false}};
  mlp.layers[0].weights = {10, 1};
  mlp.layers[0].bias = {0};
  mlp.outputs[0].datatype = model::Datatype::kInt32;
  mlp.outputs[0].shape = {-1};
  mlp.outputs.push_back({.name = "z", .is_constant = true, .constant = {3}});
  return std::make_shared<const model::Mlp>(std::move(mlp));
}

class TwoInputsTest : public ::testing::Test {
 protected:
  inference::ModelInferResponse Ask(const Request& request) {
    transport::Buffer bytes;
    bytes.Append(request.SerializeAsString());
    job_.Serve(std::move(bytes), AnswerKind::kUnary, kNoDeadline, transport::Buffer());
    reactor_->batcher().Run();
    EXPECT_THAT(job_.status(), IsOk());
    inference::ModelInferResponse response;
    EXPECT_TRUE(response.ParseFromString(std::string(job_.bytes())));
    return response;
  }

  FakeClock clock_;
  OneReactor reactor_{TwoInputs(), {}, {}, clock_};
  TestInferJob job_{InferContext{*reactor_}};
};

// Blocks are cut wherever, and answers are converted once all are there.
TEST_F(TwoInputsTest, AreComputedAndConverted) {
  constexpr int kRows = 5000;
  for (const bool has_b : {true, false}) {
    Request request;
    request.set_model_name("pets");
    auto& a = *request.add_inputs();
    a.set_name("a");
    a.set_datatype("INT64");
    a.add_shape(kRows);
    for (int i = 0; i < kRows; ++i) a.mutable_contents()->add_int64_contents(i);
    if (has_b) {
      auto& b = *request.add_inputs();
      b.set_name("b");
      b.set_datatype("FP64");
      b.add_shape(kRows);
      for (int i = 0; i < kRows; ++i) b.mutable_contents()->add_fp64_contents(i % 7);
    }
    const auto response = Ask(request);
    ASSERT_EQ(response.outputs_size(), 2);
    EXPECT_EQ(response.outputs(0).datatype(), "INT32");
    EXPECT_EQ(response.outputs(0).shape_size(), 1);
    ASSERT_EQ(response.outputs(0).contents().int_contents_size(), kRows);
    for (int i = 0; i < kRows; ++i) {
      ASSERT_EQ(response.outputs(0).contents().int_contents(i), 10 * i + (has_b ? i % 7 : 0)) << i;
    }
    EXPECT_EQ(response.outputs(1).contents().fp32_contents(0), 3);
    EXPECT_EQ(response.outputs(1).shape_size(), 0);
  }
}

// What the numbers are converted from and to is charged, and freed with the request.
TEST_F(TwoInputsTest, ReleaseTheirMemory) {
  Request request;
  request.set_model_name("pets");
  auto& a = *request.add_inputs();
  a.set_name("a");
  a.set_datatype("UINT8");
  a.add_shape(20'000);
  request.add_raw_input_contents(std::string(20'000, '\1'));
  transport::Buffer bytes;
  bytes.Append(request.SerializeAsString());
  job_.Serve(std::move(bytes), AnswerKind::kUnary, kNoDeadline, transport::Buffer());
  EXPECT_GT(job_.held_bytes(), 20'000 * (1 + 3 * sizeof(float) + sizeof(int32_t)));
  reactor_->batcher().Run();
  EXPECT_THAT(job_.status(), IsOk());
  EXPECT_LT(job_.held_bytes(), 20'000 * (1 + sizeof(int32_t)));
}

}  // namespace
}  // namespace hillock::rpc
