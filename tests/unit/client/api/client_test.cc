// SPDX-License-Identifier: Apache-2.0
#include "client/api/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/api/fake_server.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using grpc::health::v1::HealthCheckResponse;
using inference::ModelInferResponse;
using std::chrono::milliseconds;

class ClientTest : public ::testing::Test {
 protected:
  Client Connect(ClientOptions options = {}) {
    auto client = Client::Connect({server_.address()}, options);
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }

  absl::StatusOr<InferOutput> Infer(const std::string& model, const std::vector<float>& values,
                                    ClientOptions options = {}) {
    return Connect(options).Infer({model, "", "x", 2, values});
  }

  // The error of a call whose response `change` has spoiled.
  absl::StatusOr<InferOutput> InferSpoiled(void (*change)(ModelInferResponse&)) {
    server_.set_tamper([change](ModelInferResponse& response) {
      change(response);
      return grpc::Status::OK;
    });
    return Infer("sign", {1, 2, 4, 3});
  }

  FakeServer server_;
};

TEST_F(ClientTest, AsksForLiveAndReady) {
  EXPECT_TRUE(*Connect().Live());
  EXPECT_TRUE(*Connect().Ready());
}

TEST_F(ClientTest, ReadsMetadataAndIndex) {
  const auto metadata = Connect().ModelMetadata("sign", "");
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->inputs(0).name(), "x");
  const auto index = Connect().RepositoryIndex();
  ASSERT_THAT(index, IsOk());
  EXPECT_EQ(index->models(0).reason(), "checksum is off");
}

TEST_F(ClientTest, HasModelsLoadedAndUnloaded) {
  EXPECT_THAT(Connect().LoadModel("sign"), IsOk());
  EXPECT_THAT(Connect().UnloadModel("sum"), IsOk());
  EXPECT_THAT(server_.orders(), ElementsAre("load sign", "unload sum"));
  EXPECT_THAT(Connect().LoadModel("nobody"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
  EXPECT_THAT(Connect().UnloadModel("nobody"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
}

TEST_F(ClientTest, InfersFloatsAndLabels) {
  const auto output = Infer("sign", {1, 2, 4, 3});
  ASSERT_THAT(output, IsOk());
  EXPECT_EQ(output->version, "3");
  ASSERT_EQ(output->outputs.size(), 2u);
  EXPECT_EQ(output->outputs[0].name, "p");
  EXPECT_THAT(output->outputs[0].floats, ElementsAre(1, 2, 4, 3));
  EXPECT_EQ(output->outputs[1].kind, Tensor::Kind::kStrings);
  EXPECT_THAT(output->outputs[1].strings, ElementsAre("right", "left"));
}

TEST_F(ClientTest, SendsRawRowsWithTheirShape) {
  ASSERT_THAT(Infer("sum", {1, 2, 3, 4, 5, 6}), IsOk());
  ASSERT_EQ(server_.requests().size(), 1u);
  const auto& request = server_.requests()[0];
  EXPECT_THAT(request.inputs(0).shape(), ElementsAre(3, 2));
  EXPECT_EQ(request.inputs(0).datatype(), "FP32");
  EXPECT_EQ(request.raw_input_contents(0).size(), 6 * sizeof(float));
}

TEST_F(ClientTest, SplitsManyRowsIntoRequests) {
  ClientOptions options;
  options.batch_rows = 2;
  const auto output = Infer("sign", {1, 2, 4, 3, 5, 6, 8, 7, 9, 10}, options);
  ASSERT_THAT(output, IsOk());
  EXPECT_THAT(output->outputs[0].floats, ElementsAre(1, 2, 4, 3, 5, 6, 8, 7, 9, 10));
  EXPECT_THAT(output->outputs[1].strings, ElementsAre("right", "left", "right", "left", "right"));
  ASSERT_EQ(server_.requests().size(), 3u);
  EXPECT_EQ(server_.requests()[0].model_version(), "");
  EXPECT_EQ(server_.requests()[1].model_version(), "3") << "later rows stay with the first version";
  EXPECT_EQ(server_.requests()[2].inputs(0).shape(0), 1);
}

TEST_F(ClientTest, NamesTheRowsOfAFailedPart) {
  ClientOptions options;
  options.batch_rows = 2;
  server_.set_tamper([this](ModelInferResponse&) {
    return server_.requests().size() < 2
               ? grpc::Status::OK
               : grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue is full");
  });
  EXPECT_THAT(
      Infer("sum", {1, 2, 3, 4, 5, 6}, options),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("rows 2 to 2: queue is full")));
}

TEST_F(ClientTest, KeepsTheServersCodeAndMessage) {
  const char* message = "model 'nope' is not in the repository";
  EXPECT_THAT(Infer("nope", {1, 2}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(message)));
  EXPECT_THAT(Connect().ModelMetadata("nope", ""),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(message)));
  EXPECT_THAT(Connect().Check("nope", milliseconds(5000)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(message)));
}

TEST_F(ClientTest, ReadsTypedContents) {
  const auto output = InferSpoiled([](ModelInferResponse& response) {
    response.clear_raw_output_contents();
    for (const float value : {.5f, .25f, 1.f, 0.f}) {
      response.mutable_outputs(0)->mutable_contents()->add_fp32_contents(value);
    }
    response.mutable_outputs(1)->mutable_contents()->add_bytes_contents("a");
    response.mutable_outputs(1)->mutable_contents()->add_bytes_contents("b");
  });
  ASSERT_THAT(output, IsOk());
  EXPECT_THAT(output->outputs[0].floats, ElementsAre(.5f, .25f, 1, 0));
  EXPECT_THAT(output->outputs[1].strings, ElementsAre("a", "b"));
}

// Labels of a multilabel model: an integer for each float.
void SetIntegers(ModelInferResponse& response, bool typed) {
  auto& output = *response.mutable_outputs(1);
  output.set_datatype("INT64");
  output.add_shape(2);
  const std::vector<int64_t> values{1, 0, -1, int64_t{1} << 40};
  std::string& raw = *response.mutable_raw_output_contents(1);
  raw.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
  if (!typed) return;
  response.clear_raw_output_contents();
  response.mutable_outputs(0)->mutable_contents()->mutable_fp32_contents()->Resize(4, 0.5f);
  output.mutable_contents()->mutable_int64_contents()->Assign(values.begin(), values.end());
}

TEST_F(ClientTest, ReadsIntegers) {
  for (const auto change : {+[](ModelInferResponse& r) { SetIntegers(r, false); },
                            +[](ModelInferResponse& r) { SetIntegers(r, true); }}) {
    const auto output = InferSpoiled(change);
    ASSERT_THAT(output, IsOk());
    EXPECT_EQ(output->outputs[1].kind, Tensor::Kind::kIntegers);
    EXPECT_EQ(output->outputs[1].width, 2u);
    EXPECT_THAT(output->outputs[1].integers, ElementsAre(1, 0, -1, int64_t{1} << 40));
  }
}

TEST_F(ClientTest, JoinsTheIntegersOfSeveralRequests) {
  server_.set_tamper([](ModelInferResponse& response) {
    auto& output = *response.mutable_outputs(1);
    output.set_datatype("INT64");
    response.mutable_raw_output_contents(1)->assign("\x05\0\0\0\0\0\0\0", 8);
    return grpc::Status::OK;
  });
  ClientOptions options;
  options.batch_rows = 1;
  const auto output = Infer("sign", {1, 2, 4, 3}, options);
  ASSERT_THAT(output, IsOk());
  EXPECT_THAT(output->outputs[1].integers, ElementsAre(5, 5));
}

struct Spoiled {
  const char* what;
  void (*change)(ModelInferResponse&);
  absl::StatusCode code;
  const char* message;
};

TEST_F(ClientTest, RefusesAnswersThatDoNotAddUp) {
  constexpr auto kInternal = absl::StatusCode::kInternal;
  const Spoiled cases[] = {
      {"one row too many", [](auto& r) { r.mutable_outputs(0)->set_shape(0, 3); }, kInternal,
       "output 'p' of the response: got 3 rows, want 2"},
      {"no shape", [](auto& r) { r.mutable_outputs(0)->clear_shape(); }, kInternal,
       "got 0 rows, want 2"},
      {"negative width", [](auto& r) { r.mutable_outputs(0)->set_shape(1, -2); }, kInternal,
       "dimension 1 is -2"},
      {"endless width", [](auto& r) { r.mutable_outputs(0)->set_shape(1, INT64_MAX); }, kInternal,
       "dimension 1 is 9223372036854775807"},
      {"wider than its bytes", [](auto& r) { r.mutable_outputs(0)->set_shape(1, 3); }, kInternal,
       "got 16 bytes, want 6 FP32 = 24"},
      {"half a float", [](auto& r) { r.mutable_raw_output_contents(0)->pop_back(); }, kInternal,
       "got 15 bytes, want 4 FP32 = 16"},
      {"half a label", [](auto& r) { r.mutable_raw_output_contents(1)->pop_back(); }, kInternal,
       "output 'label' of the response: string 1 is cut short"},
      {"one label", [](auto& r) { r.mutable_raw_output_contents(1)->resize(9); }, kInternal,
       "got 1 strings, want 2"},
      {"endless label",
       [](auto& r) { r.mutable_raw_output_contents(1)->replace(0, 4, "\xff\xff\xff\xff"); },
       kInternal, "string 0 is cut short"},
      {"no contents", [](auto& r) { r.clear_raw_output_contents(); }, kInternal,
       "got 0 elements, want 4"},
      {"half an integer",
       [](auto& r) {
         r.mutable_outputs(0)->set_datatype("INT64");
         r.mutable_raw_output_contents(0)->resize(28);
       },
       kInternal, "got 28 bytes, want 4 INT64 = 32"},
      {"no integers",
       [](auto& r) {
         r.clear_raw_output_contents();
         r.mutable_outputs(0)->set_datatype("INT64");
         r.mutable_outputs(0)->mutable_contents()->add_fp32_contents(1);
       },
       kInternal, "got 0 elements, want 4"},
      {"another datatype", [](auto& r) { r.mutable_outputs(0)->set_datatype("FP64"); }, kInternal,
       "got 16 bytes, want 4 FP64 = 32"},
      {"unknown datatype", [](auto& r) { r.mutable_outputs(0)->set_datatype("FP8"); },
       absl::StatusCode::kUnimplemented, "output 'p' is 'FP8', which this client does not read"},
  };
  for (const Spoiled& c : cases) {
    EXPECT_THAT(InferSpoiled(c.change), StatusIs(c.code, HasSubstr(c.message))) << c.what;
  }
}

TEST_F(ClientTest, RefusesPartsThatDoNotMatch) {
  ClientOptions options;
  options.batch_rows = 1;
  server_.set_tamper([this](ModelInferResponse& response) {
    if (server_.requests().size() == 2) response.mutable_outputs(0)->set_name("other");
    return grpc::Status::OK;
  });
  EXPECT_THAT(Infer("sum", {1, 2, 3, 4}, options),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("output 'other' has another name")));
}

TEST_F(ClientTest, TellsTheNamesOfClasses) {
  const Client client = Connect();
  const std::vector<std::string> names{"left", "right"};
  EXPECT_THAT(*client.ClassNames("sign", ""), ElementsAre(Pair("", names)));
  EXPECT_THAT(*client.ClassNames("both", ""), ElementsAre(Pair("p", names)));
  EXPECT_THAT(*client.ClassNames("sum", ""), ElementsAre());
  EXPECT_EQ(client.ClassNames("nobody", "").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ClientTest, ChecksHealth) {
  EXPECT_EQ(*Connect().Check("", milliseconds(5000)), HealthCheckResponse::SERVING);
  server_.set_health(HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(*Connect().Check("sign", milliseconds(5000)), HealthCheckResponse::NOT_SERVING);
}

TEST(ClientConnectTest, AServerThatIsNotThereIsUnavailable) {
  std::string address;
  {
    const FakeServer gone;
    address = gone.address();
  }
  EXPECT_THAT(Client::Connect({address}, {})->Live(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")));
}

TEST(ClientConnectTest, ASilentServerRunsIntoTheDeadline) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string target = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  ClientOptions options;
  options.deadline = milliseconds(50);
  EXPECT_THAT(Client::Connect({target}, options)->Live(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("")));
  ::close(listener);
}

TEST(ClientConnectTest, RefusesWhatIsNoAddressToCall) {
  for (const char* target : {"", "localhost", "127.0.0.1:0", "http://localhost:1", "unix:"}) {
    EXPECT_THAT(Client::Connect({target}, {}).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want HOST:PORT")))
        << target;
  }
}

}  // namespace
}  // namespace hillock::client
