// SPDX-License-Identifier: Apache-2.0

// What makes no sense gets a clear status, and the server goes on answering.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using Request = inference::ModelInferRequest;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const std::vector<float> kRow = {5.1f, 3.5f, 1.4f, 0.2f};

// A sound request for one row of iris.
Request Sound(Form form = Form::kRaw) { return MakeRequest("iris", 4, kRow, form); }

// A server of iris alone, with low limits, started once for all these tests.
class BadInputServer {
 public:
  static BadInputServer& Shared() {
    static BadInputServer server;
    return server;
  }

  absl::Status Ask(const Request& request) { return Infer(server_, request).status(); }
  ServerProcess& process() { return server_; }
  std::string folder() const { return models_.path(); }

  void ExpectSoundAnswer() {
    const auto answer = Infer(server_, Sound());
    ASSERT_THAT(answer, IsOk());
    EXPECT_THAT(answer->labels, ::testing::ElementsAre("setosa"));
  }

 private:
  const SomeModels models_{"iris"};
  ServerProcess server_{models_.path(), {"--max-rows", "64", "--max-message-bytes", "20000"}};
};

struct BadInput {
  std::string name;
  std::function<void(Request&)> spoil;  // makes a sound request a bad one
  Code code;
  std::string message;  // a part of what the answer must say
  Form form = Form::kRaw;
};

void PrintTo(const BadInput& input, std::ostream* out) { *out << input.name; }

auto Shape(std::vector<int64_t> dimensions) {
  return [dimensions](Request& request) {
    auto& shape = *request.mutable_inputs(0)->mutable_shape();
    shape = {dimensions.begin(), dimensions.end()};
  };
}

auto Value(float value) {
  return [value](Request& request) {
    std::vector<float> row = kRow;
    row[2] = value;
    const auto bytes = std::as_bytes(std::span(row));
    request.set_raw_input_contents(0, bytes.data(), bytes.size());
  };
}

auto Rows(size_t rows) {
  return [rows](Request& request) {
    request = MakeRequest("iris", 4, std::vector<float>(rows * 4, 1.0f));
  };
}

// Enough rows that the server checks all else before their numbers, though they fit in a message.
constexpr size_t kManyRows = 1100;

auto ManyRowsOf(const std::string& model) {
  return [model](Request& request) {
    Rows(kManyRows)(request);
    request.set_model_name(model);
  };
}

auto OutputParameter(const std::string& name) {
  return [name](Request& request) {
    auto& output = *request.add_outputs();
    output.set_name("probabilities");
    (*output.mutable_parameters())[name].set_int64_param(1);
  };
}

const std::vector<BadInput> kNames = {
    {"UnknownModel", [](Request& r) { r.set_model_name("nobody"); }, Code::kNotFound,
     "unknown model: 'nobody' is not found"},
    {"UnknownModelOfManyRows", ManyRowsOf("nobody"), Code::kNotFound,
     "unknown model: 'nobody' is not found"},
    {"NoModelName", [](Request& r) { r.clear_model_name(); }, Code::kNotFound, "''"},
    {"ModelNameLikeAPath", [](Request& r) { r.set_model_name("../iris"); }, Code::kNotFound,
     "'../iris' is not found"},
    {"UnknownVersion", [](Request& r) { r.set_model_version("7"); }, Code::kNotFound,
     "'iris' version 7 is not found"},
    {"VersionIsText", [](Request& r) { r.set_model_version("latest"); }, Code::kInvalidArgument,
     "got model version 'latest', want a positive integer"},
    {"VersionIsZero", [](Request& r) { r.set_model_version("0"); }, Code::kInvalidArgument,
     "got model version '0', want a positive integer"},
    {"VersionIsHuge", [](Request& r) { r.set_model_version("99999999999999999999"); },
     Code::kInvalidArgument, "want a positive integer"},
    {"WrongInputName", [](Request& r) { r.mutable_inputs(0)->set_name("x"); },
     Code::kInvalidArgument, "model 'iris': got input 'x', want 'input'"},
    {"NoInputs", [](Request& r) { r.clear_inputs(); }, Code::kInvalidArgument,
     "model 'iris': got 0 inputs, want 1, 'input'"},
    {"TwoInputs", [](Request& r) { *r.add_inputs() = r.inputs(0); }, Code::kInvalidArgument,
     "model 'iris': got 2 inputs, want 1, 'input'"},
    {"UnknownOutput", [](Request& r) { r.add_outputs()->set_name("y"); }, Code::kInvalidArgument,
     "model 'iris': got output 'y', want 'probabilities' or 'label'"},
    {"Classification", OutputParameter("classification"), Code::kUnimplemented,
     "output 'probabilities': parameter 'classification' is not supported"},
    {"SharedMemory", OutputParameter("shared_memory_region"), Code::kUnimplemented,
     "parameter 'shared_memory_region' is not supported"},
};

const std::vector<BadInput> kShapes = {
    {"WrongDatatype", [](Request& r) { r.mutable_inputs(0)->set_datatype("BYTES"); },
     Code::kInvalidArgument, "input 'input': got datatype 'BYTES', want FP32"},
    {"AnotherDatatypesBytes", [](Request& r) { r.mutable_inputs(0)->set_datatype("FP64"); },
     Code::kInvalidArgument, "input 'input': 16 bytes, want 1 x 4 FP64 = 32"},
    {"NoDatatype", [](Request& r) { r.mutable_inputs(0)->clear_datatype(); },
     Code::kInvalidArgument, "input 'input': got datatype '', want FP32"},
    {"RankOne", Shape({5}), Code::kInvalidArgument, "got shape [5], want [rows, 4]"},
    {"RankThree", Shape({1, 2, 2}), Code::kInvalidArgument, "got shape [1, 2, 2], want [rows, 4]"},
    {"RankZero", Shape({}), Code::kInvalidArgument, "got shape [], want [rows, 4]"},
    {"WrongWidth", Shape({1, 5}), Code::kInvalidArgument, "got shape [1, 5], want [rows, 4]"},
    {"ZeroRows", Shape({0, 4}), Code::kInvalidArgument, "got shape [0, 4], want [rows, 4]"},
    {"AnyRows", Shape({-1, 4}), Code::kInvalidArgument, "got shape [-1, 4], want [rows, 4]"},
    {"MoreRowsThanSent", Shape({2, 4}), Code::kInvalidArgument,
     "input 'input': 16 bytes, want 2 x 4 FP32 = 32"},
    {"RowsThatOverflow", Shape({1ll << 61, 4}), Code::kResourceExhausted, "want at most 64"},
    {"TooManyRows", Rows(65), Code::kResourceExhausted,
     "input 'input': got 65 rows, want at most 64"},
    {"FarTooManyRows", Rows(kManyRows), Code::kResourceExhausted,
     "input 'input': got 1100 rows, want at most 64"},
    {"TooLargeAMessage", Rows(2000), Code::kResourceExhausted, "want at most 20000"},
};

const std::vector<BadInput> kContents = {
    {"TooFewBytes", [](Request& r) { r.mutable_raw_input_contents(0)->pop_back(); },
     Code::kInvalidArgument, "input 'input': 15 bytes, want 1 x 4 FP32 = 16"},
    {"TooManyBytes", [](Request& r) { r.mutable_raw_input_contents(0)->push_back('x'); },
     Code::kInvalidArgument, "input 'input': 17 bytes, want 1 x 4 FP32 = 16"},
    {"TwoRawContents", [](Request& r) { r.add_raw_input_contents(r.raw_input_contents(0)); },
     Code::kInvalidArgument, "got 2 raw_input_contents, want 1"},
    {"NoContents", [](Request& r) { r.clear_raw_input_contents(); }, Code::kInvalidArgument,
     "got 0 raw_input_contents, want 1"},
    {"RawAndTyped", [](Request& r) { *r.mutable_inputs(0) = Sound(Form::kTyped).inputs(0); },
     Code::kInvalidArgument, "contents field must not be specified when using raw_input_contents"},
    {"TooFewFloats",
     [](Request& r) {
       r.mutable_inputs(0)->mutable_contents()->mutable_fp32_contents()->RemoveLast();
     },
     Code::kInvalidArgument, "input 'input': 3 fp32_contents, want 1 x 4 = 4", Form::kTyped},
    {"FloatsInAnotherField",
     [](Request& r) { r.mutable_inputs(0)->mutable_contents()->add_fp64_contents(1); },
     Code::kInvalidArgument, "contents in a field of another datatype, want fp32_contents",
     Form::kTyped},
    {"NotANumber", Value(kNan), Code::kInvalidArgument, "input 'input': row 0, column 2 is nan"},
    {"Infinity", Value(kInfinity), Code::kInvalidArgument, "input 'input': row 0, column 2 is inf"},
    {"MinusInfinity", Value(-kInfinity), Code::kInvalidArgument, "row 0, column 2 is -inf"},
    {"TypedNotANumber",
     [](Request& r) {
       r.mutable_inputs(0)->mutable_contents()->mutable_fp32_contents()->Set(3, kNan);
     },
     Code::kInvalidArgument, "input 'input': row 0, column 3 is nan", Form::kTyped},
};

class BadInputTest : public ::testing::TestWithParam<BadInput> {
 protected:
  BadInputServer& server_ = BadInputServer::Shared();
};

TEST_P(BadInputTest, GetsAClearStatus) {
  Request request = Sound(GetParam().form);
  GetParam().spoil(request);
  EXPECT_THAT(server_.Ask(request),
              StatusIs(GetParam().code,
                       AllOf(HasSubstr(GetParam().message), Not(HasSubstr(server_.folder())),
                             Not(HasSubstr("127.0.0.1")))));
  server_.ExpectSoundAnswer();
}

std::string NameOf(const ::testing::TestParamInfo<BadInput>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Names, BadInputTest, ::testing::ValuesIn(kNames), NameOf);
INSTANTIATE_TEST_SUITE_P(Shapes, BadInputTest, ::testing::ValuesIn(kShapes), NameOf);
INSTANTIATE_TEST_SUITE_P(Contents, BadInputTest, ::testing::ValuesIn(kContents), NameOf);

TEST(BadCallTest, ADeadlineThatHasPassed) {
  BadInputServer& server = BadInputServer::Shared();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  inference::ModelInferResponse response;
  EXPECT_THAT(ToAbsl(server.process().inference().ModelInfer(&context, Sound(), &response)),
              StatusIs(Code::kDeadlineExceeded, ::testing::_));
  server.ExpectSoundAnswer();
}

// Sends bytes as they are to a method of the service.
absl::Status SendBytes(ServerProcess& server, const std::string& method, const std::string& bytes) {
  grpc::GenericStub stub(server.channel());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  const auto call =
      stub.PrepareUnaryCall(&context, "/inference.GRPCInferenceService/" + method, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return ToAbsl(status);
}

TEST(BadCallTest, BytesThatAreNoMessage) {
  BadInputServer& server = BadInputServer::Shared();
  const auto counted = [&server] {
    return MetricsPage(server.process())
        .Sum("hillock_requests_total", {{"model", ""}, {"code", "INVALID_ARGUMENT"}});
  };
  const double before = counted();
  for (const size_t size : {4, 18'000}) {
    EXPECT_THAT(SendBytes(server.process(), "ModelInfer", std::string(size, '\xff')),
                StatusIs(Code::kInvalidArgument, "the bytes are no ModelInferRequest"));
  }
  EXPECT_EQ(counted(), before + 2);
  server.ExpectSoundAnswer();
}

// With contents that nobody can parse, in a request that is otherwise sound for one row.
std::string WithBrokenContents(size_t rows) {
  Request request = Sound(Form::kTyped);
  request.mutable_inputs(0)->set_shape(0, static_cast<int64_t>(rows));
  request.mutable_inputs(0)->mutable_contents()->clear_fp32_contents();
  const std::string filling(17'000, '\xff');
  request.mutable_inputs(0)->mutable_contents()->add_bytes_contents(filling);
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find(filling) - 4] = '\x07';  // before the filling's length; no such wire type
  return bytes;
}

TEST(BadCallTest, ContentsThatAreNoMessage) {
  BadInputServer& server = BadInputServer::Shared();
  for (const size_t rows : {1, 65}) {
    EXPECT_THAT(
        SendBytes(server.process(), "ModelInfer", WithBrokenContents(rows)),
        StatusIs(Code::kInvalidArgument, "[request id: an id] the bytes are no ModelInferRequest"));
  }
  server.ExpectSoundAnswer();
}

TEST(BadCallTest, AnUnknownMethod) {
  BadInputServer& server = BadInputServer::Shared();
  EXPECT_THAT(SendBytes(server.process(), "SystemSharedMemoryStatus", ""),
              StatusIs(Code::kUnimplemented, ::testing::_));
  server.ExpectSoundAnswer();
}

}  // namespace
}  // namespace hillock::testing
