// What InferJob refuses, by a glance and otherwise.

#include "server/rpc/infer_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/allocations.h"
#include "tests/support/byte_buffers.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::FakeClock;
using ::hillock::testing::InOneSlice;
using ::hillock::testing::InSlices;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using std::chrono::system_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using Request = inference::ModelInferRequest;

constexpr size_t kInputs = 3;
constexpr int64_t kWaiting = 10;  // rows
constexpr system_clock::time_point kNever = system_clock::time_point::max();

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

// The bytes of the same request, but with large contents that nobody can parse.
std::string Spoilt(Request request) {
  const std::string filling(20'000, '\xff');
  constexpr size_t kTagAndLength = 4;  // of the filling
  request.clear_raw_input_contents();
  request.mutable_inputs(0)->mutable_contents()->add_bytes_contents(filling);
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find(filling) - kTagAndLength] = '\x07';  // there is no such wire type
  return bytes;
}

// 10 rows wait already.
class InferJobTest : public ::testing::Test {
 protected:
  InferJobTest() { Serve(waiting_, Rows(kWaiting).SerializeAsString(), kNever); }

  struct Exchange {
    explicit Exchange(OneReactor& reactor) : job(*reactor, {.max_answer_bytes = 400}) {}
    TestInferJob job;
    Request request;
    inference::ModelInferResponse response;
  };

  static void Serve(Exchange& exchange, const std::string& bytes,
                    system_clock::time_point wanted_by) {
    grpc::ByteBuffer buffer = InOneSlice(bytes);
    exchange.response.Clear();
    exchange.job.Serve(buffer, wanted_by, exchange.request, exchange.response);
    EXPECT_EQ(buffer.Length(), 0u) << "the bytes are not freed";
  }

  absl::Status Ask(const std::string& bytes, system_clock::time_point wanted_by = kNever) {
    Serve(asking_, bytes, wanted_by);
    return asking_.job.status();
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
  Exchange waiting_{reactor_};
  Exchange asking_{reactor_};
};

struct Refusal {
  std::string name;
  Request request;
  Code code;
  std::string message;
  std::optional<serving::Shed> counted_as{};
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
    {"WrongDatatype", Changed([](Request& r) { r.mutable_inputs(0)->set_datatype("FP16"); }),
     Code::kInvalidArgument, "input 'input': got datatype 'FP16', want FP32"},
    {"WrongWidth", Changed([](Request& r) { r.mutable_inputs(0)->set_shape(1, 4); }),
     Code::kInvalidArgument, "input 'input': got shape [1, 4], want [rows, 3] with at least 1 row"},
    {"UnknownOutput", Changed([](Request& r) { r.add_outputs()->set_name("y"); }),
     Code::kInvalidArgument, "model 'pets': got output 'y', want 'output'"},
    {"TooManyRows", Rows(101), Code::kResourceExhausted,
     "input 'input': got 101 rows, want at most 100"},
    {"TooLargeAnAnswer", Rows(51), Code::kResourceExhausted,
     "input 'input': the answer to 51 rows has 408 bytes, want at most 400"},
    {"QueueFull", Rows(11), Code::kResourceExhausted,
     "the queue is full: 21 rows with this request, want at most 20", serving::Shed::kQueueRows},
    {"QueueOfModelFull", Rows(6), Code::kResourceExhausted,
     "the queue of model 'pets' is full: 16 rows with this request, want at most 15",
     serving::Shed::kQueueRows},
    {"Late", Rows(1), Code::kDeadlineExceeded, "0.0 ms are left, the answer would take 0.0",
     serving::Shed::kDeadline, /*late=*/true}};

class RefusalTest : public InferJobTest, public ::testing::WithParamInterface<Refusal> {
 protected:
  void ExpectRefused(const std::string& bytes) {
    const Refusal& want = GetParam();
    const absl::Status status =
        Ask(bytes, want.late ? system_clock::now() - std::chrono::seconds(1) : kNever);
    EXPECT_THAT(status, StatusIs(want.code, want.message));
    const bool is_full = want.counted_as == serving::Shed::kQueueRows;
    EXPECT_EQ(serving::RetryPushback(status), is_full ? 1 : -1);
    const bool is_unknown = want.code == Code::kNotFound;
    EXPECT_EQ(Counted(want.code), is_unknown ? 0u : 1u);
    EXPECT_EQ(Unrouted(want.code), is_unknown ? 1u : 0u);
    for (const auto reason : {serving::Shed::kQueueRows, serving::Shed::kDeadline}) {
      EXPECT_EQ(reactor_.cells().shed[static_cast<size_t>(reason)].Get(),
                want.counted_as == reason ? 1u : 0u);
    }
    EXPECT_EQ(reactor_.cells().queue_rows.load(), kWaiting);
  }
};

TEST_P(RefusalTest, OfASmallRequest) { ExpectRefused(GetParam().request.SerializeAsString()); }

// It would be INVALID_ARGUMENT if anybody had tried to parse it.
TEST_P(RefusalTest, OfALargeOneComesBeforeItsContentsAreLookedAt) {
  ExpectRefused(Spoilt(GetParam().request));
}

INSTANTIATE_TEST_SUITE_P(Each, RefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST_F(InferJobTest, RefusesBytesThatAreNoRequest) {
  EXPECT_THAT(Ask("\xff\xff\xff\xff"),
              StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  EXPECT_EQ(Unrouted(Code::kInvalidArgument), 1u);
  EXPECT_THAT(Ask(std::string(20'000, '\xff')),
              StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  EXPECT_EQ(Unrouted(Code::kInvalidArgument), 2u);
}

TEST_F(InferJobTest, CountsThemWithTheModelThatAGlanceShows) {
  EXPECT_THAT(Ask(Spoilt(Rows(1))),
              StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  EXPECT_EQ(Counted(Code::kInvalidArgument), 1u);
  EXPECT_EQ(reactor_.cells().queue_rows.load(), kWaiting);
}

TEST_F(InferJobTest, CopiesNothingOfWhatAGlanceRefuses) {
  Request large = Rows(11);
  large.set_raw_input_contents(0, std::string(1 << 20, '\0'));
  const std::string bytes = large.SerializeAsString();
  grpc::ByteBuffer buffer = InSlices(bytes, 8192);
  const AllocationMeter meter;
  asking_.job.Serve(buffer, kNever, asking_.request, asking_.response);
  EXPECT_THAT(asking_.job.status(), StatusIs(Code::kResourceExhausted, HasSubstr("21 rows")));
  EXPECT_LT(meter.largest(), 4096u);
}

TEST_F(InferJobTest, AnswersWhatComesAfterARefusal) {
  ASSERT_THAT(Ask(Spoilt(Rows(101))), Not(IsOk()));
  Serve(asking_, Rows(2).SerializeAsString(), kNever);
  reactor_->batcher().Run();
  EXPECT_THAT(asking_.job.status(), IsOk());
  EXPECT_EQ(asking_.response.outputs(0).shape(0), 2);
  EXPECT_THAT(waiting_.job.status(), IsOk());
}

}  // namespace
}  // namespace hillock::rpc
