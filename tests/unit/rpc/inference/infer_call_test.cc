// SPDX-License-Identifier: Apache-2.0

// ModelInfer and ModelStreamInfer from a client's bytes to its answers, on one thread.

#include "server/rpc/inference/infer_call.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rpc/inference/stream_call.h"
#include "server/transport/http2/endpoint.h"
#include "server/transport/net/byte_stream.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rpc {
namespace {

using testing::FakeClock;
using testing::Framed;
using testing::H2Peer;
using ::testing::HasSubstr;
using testing::Headers;
using testing::MlpBuilder;
using Code = absl::StatusCode;

constexpr char kInfer[] = "/ModelInfer";
constexpr char kStream[] = "/ModelStreamInfer";

// A request for rows of ones, of a model that answers with their sum.
std::string Request(int64_t rows, const std::string& id = "", const std::string& model = "pets") {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  request.set_id(id);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(rows);
  input.add_shape(3);
  const std::vector<float> ones(static_cast<size_t>(rows) * 3, 1.0f);
  request.add_raw_input_contents(reinterpret_cast<const char*>(ones.data()),
                                 ones.size() * sizeof(float));
  return request.SerializeAsString();
}

class InferCallTest : public ::testing::Test, private transport::Router {
 protected:
  InferCallTest() : endpoint_(reactor_->loop(), *this, budget_, {}, clock_) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    endpoint_.Adopt(std::make_unique<transport::SocketStream>(Descriptor(ends[0])));
    peer_ = std::make_unique<H2Peer>(Descriptor(ends[1]));
    Settle();
  }

  transport::Handler* Open(transport::Call& call) override {
    if (call.path() == kInfer) return calls_.Open(call);
    return new StreamCall(context_, call);
  }

  // Lets bytes arrive, without computing.
  void Receive() {
    for (int i = 0; i < 5; ++i) {
      peer_->Pump();
      reactor_->loop().Poll(0);
      endpoint_.Flush();
    }
  }

  void Settle() {
    for (int i = 0; i < 5; ++i) {
      Receive();
      reactor_->batcher().Run();
      endpoint_.Flush();
    }
  }

  // The messages that a stream has got, without their prefixes.
  std::vector<std::string> Messages(int32_t stream) {
    std::vector<std::string> messages;
    const std::string& data = peer_->answer(stream).data;
    for (size_t at = 0; at + 5 <= data.size();) {
      size_t length = 0;
      for (size_t i = 1; i < 5; ++i) length = length << 8 | static_cast<uint8_t>(data[at + i]);
      messages.push_back(data.substr(at + 5, length));
      at += 5 + length;
    }
    return messages;
  }

  static std::string Text(const RequestRecord& record) {
    return fmt::format("'{}' {}: {}, {} rows, {} {} {} ns, '{}', '{}'", record.model,
                       record.version, absl::StatusCodeToString(record.status.code()), record.rows,
                       record.queue, record.compute, record.total, record.id, record.trace_id);
  }

  uint64_t Unrouted(Code code) {
    return reactor_->cells().unrouted[static_cast<size_t>(code)].Get();
  }
  uint64_t Shed(ShedReason reason) {
    return reactor_.cells().shed[static_cast<size_t>(reason)].Get();
  }
  uint64_t Served() { return reactor_.cells().requests[0].Get(); }

  FakeClock clock_;
  OneReactor reactor_{MlpBuilder(3).Add(1, "identity").Share(), {}, {}, clock_};
  std::vector<std::string> logged_;
  RequestLog log_{1, [this](const RequestRecord& record) { logged_.push_back(Text(record)); }};
  const InferContext context_{.reactor = *reactor_, .log = &log_};
  InferCalls calls_{context_};
  transport::MemoryBudget budget_{size_t{64} << 20};
  transport::Endpoint endpoint_;
  std::unique_ptr<H2Peer> peer_;
};

TEST_F(InferCallTest, AnswersManyAtOnceInOneBatch) {
  std::vector<int32_t> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(peer_->Start(kInfer));
    peer_->Send(streams.back(), Framed(Request(1, std::to_string(i))), true);
  }
  Receive();
  reactor_->batcher().Run();
  Settle();
  for (int i = 0; i < 20; ++i) {
    const auto messages = Messages(streams[static_cast<size_t>(i)]);
    ASSERT_EQ(messages.size(), 1);
    inference::ModelInferResponse response;
    ASSERT_TRUE(response.ParseFromString(messages.front()));
    EXPECT_EQ(response.id(), std::to_string(i));
    EXPECT_EQ(peer_->answer(streams[static_cast<size_t>(i)]).Value("grpc-status"), "0");
  }
  EXPECT_EQ(reactor_.cells().batch_rows.Count(), 1);
}

constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_F(InferCallTest, LogsWhatItHasServed) {
  const Headers traced = {{"traceparent", kTraceparent}};
  const int32_t unary = peer_->Start(kInfer, traced);
  peer_->Send(unary, Framed(Request(2, "a")), true);
  Receive();
  clock_.Advance(1000);
  Settle();
  const int32_t stream = peer_->Start(kStream, traced);
  peer_->Send(stream, Framed(Request(1, "b")) + Framed(Request(1, "c", "cats")), true);
  Settle();
  EXPECT_THAT(logged_,
              ::testing::ElementsAre(
                  "'pets' 1: OK, 2 rows, 1000 0 1000 ns, 'a', '0af7651916cd43dd8448eb211c80319c'",
                  "'cats' 0: NOT_FOUND, 0 rows, 0 0 0 ns, 'c', '0af7651916cd43dd8448eb211c80319c'",
                  "'pets' 1: OK, 1 rows, 0 0 0 ns, 'b', '0af7651916cd43dd8448eb211c80319c'"));
}

TEST_F(InferCallTest, OffersWhatHasAnIdAsAnExemplar) {
  const auto newest = [&] {
    metrics::BucketExemplars exemplars;
    reactor_.exemplars().CopyNewer(exemplars);
    return exemplars.empty() ? metrics::Exemplar() : exemplars.begin()->second;
  };
  const auto serve = [&](const std::string& id, const Headers& headers) {
    const int32_t stream = peer_->Start(kInfer, headers);
    peer_->Send(stream, Framed(Request(1, id)), true);
    Settle();
    clock_.Advance(1'000'000'000);
  };
  serve("", {});
  EXPECT_EQ(newest().id, "");
  serve("", {{"traceparent", kTraceparent}});
  EXPECT_EQ(newest().label, "trace_id");
  EXPECT_EQ(newest().id, "0af7651916cd43dd8448eb211c80319c");
  serve("a", {{"traceparent", kTraceparent}});
  EXPECT_EQ(newest().label, "request_id");
  EXPECT_EQ(newest().id, "a");
}

// Nothing is left of the request that its call served before.
TEST_F(InferCallTest, LogsWhatItCannotRead) {
  for (const std::string& request : {Request(2, "a"), std::string("\x0a\x7f")}) {
    const int32_t stream = peer_->Start(kInfer);
    peer_->Send(stream, Framed(request), true);
    Settle();
  }
  EXPECT_THAT(logged_, ::testing::ElementsAre("'pets' 1: OK, 2 rows, 0 0 0 ns, 'a', ''",
                                              "'' 0: INVALID_ARGUMENT, 0 rows, 0 0 0 ns, '', ''"));
}

// What breaks a ModelInfer call, and is counted without a model.
struct Broken {
  const char* name;
  std::string data;
  std::string status;
  std::string message;
};

class BrokenCallTest : public InferCallTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenCallTest, IsCountedAndHurtsNobody) {
  const int32_t stream = peer_->Start(kInfer);
  peer_->Send(stream, GetParam().data, true);
  const int32_t good = peer_->Start(kInfer);
  peer_->Send(good, Framed(Request(1)), true);
  Settle();
  EXPECT_EQ(peer_->answer(stream).Value("grpc-status"), GetParam().status);
  EXPECT_THAT(peer_->answer(stream).Value("grpc-message"), HasSubstr(GetParam().message));
  EXPECT_EQ(Unrouted(static_cast<Code>(std::stoi(GetParam().status))), 1);
  EXPECT_EQ(peer_->answer(good).Value("grpc-status"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenCallTest,
    ::testing::Values(
        Broken{"NoMessage", "", "13", "got no message, want one"},
        Broken{"TwoMessages", Framed(Request(1)) + Framed(Request(1)), "13", "a second message"},
        Broken{"CutMessage", Framed(Request(1)).substr(0, 20), "13", "in a message"},
        Broken{"FlagByte", Framed(Request(1), 7), "13", "compression flag is 7"},
        Broken{"NoProtobuf", Framed("\xff\xff"), "3", "no ModelInferRequest"},
        Broken{"UnknownModel", Framed(Request(1, "", "plants")), "5", "plants"},
        Broken{"DeclaredGigabyte", std::string("\0\x40\0\0\0xyz", 8), "8", "want at most"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(InferCallTest, DropsTheRowsOfAClientWhoLeaves) {
  const int32_t stream = peer_->Start(kInfer);
  peer_->Send(stream, Framed(Request(1)), true);
  Receive();
  peer_->Reset(stream, NGHTTP2_CANCEL);
  Receive();
  EXPECT_EQ(Shed(ShedReason::kCancelled), 1);
  EXPECT_EQ(reactor_.cells().queue_rows.Get(), 0);
  Settle();
  EXPECT_EQ(Served(), 0);
}

TEST_F(InferCallTest, KeepsNothingOfLargeRequests) {
  for (int i = 0; i < 3; ++i) {
    const int32_t stream = peer_->Start(kInfer);
    peer_->Send(stream, Framed(Request(60'000)), true);
    Settle();
    peer_->OpenWindow(stream, 1 << 20);
    for (int j = 0; j < 20; ++j) Settle();
    EXPECT_EQ(peer_->answer(stream).Value("grpc-status"), "0");
  }
  Settle();
  EXPECT_LT(endpoint_.account().used(), size_t{256} << 10);
}

TEST_F(InferCallTest, StreamsAnswerInOrderInOneBatch) {
  const int32_t stream = peer_->Start(kStream);
  std::string data;
  for (int i = 0; i < 40; ++i) data += Framed(Request(1 + i % 3, std::to_string(i)));
  peer_->Send(stream, data, true);
  Receive();
  reactor_->batcher().Run();
  Settle();
  const auto messages = Messages(stream);
  ASSERT_EQ(messages.size(), 40);
  for (int i = 0; i < 40; ++i) {
    inference::ModelStreamInferResponse response;
    ASSERT_TRUE(response.ParseFromString(messages[static_cast<size_t>(i)]));
    EXPECT_EQ(response.error_message(), "");
    EXPECT_EQ(response.infer_response().id(), std::to_string(i));
  }
  EXPECT_EQ(peer_->answer(stream).Value("grpc-status"), "0");
  EXPECT_EQ(reactor_.cells().batch_rows.Count(), 1);
}

TEST_F(InferCallTest, AStreamGoesOnAfterAnErrorUnlessItAsksNotTo) {
  const std::string data = Framed(Request(1, "a")) + Framed(Request(1, "b", "plants")) +
                           Framed("\xff") + Framed(Request(1, "c"));
  const int32_t goes_on = peer_->Start(kStream);
  const int32_t ends = peer_->Start(kStream, {{"triton_grpc_error", "true"}});
  peer_->Send(goes_on, data, true);
  peer_->Send(ends, data, true);
  Settle();
  const auto messages = Messages(goes_on);
  ASSERT_EQ(messages.size(), 4);
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(response.ParseFromString(messages[1]));
  EXPECT_THAT(response.error_message(), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(response.infer_response().id(), "b");
  EXPECT_EQ(peer_->answer(goes_on).Value("grpc-status"), "0");
  EXPECT_EQ(Messages(ends).size(), 1);
  EXPECT_EQ(peer_->answer(ends).Value("grpc-status"), "5");
}

TEST_F(InferCallTest, HoldsBackAStreamThatSendsMoreThanItMay) {
  const int32_t stream = peer_->Start(kStream);
  std::string data;
  for (int i = 0; i < 100; ++i) data += Framed(Request(1));
  peer_->Send(stream, data, true);
  Receive();
  EXPECT_EQ(reactor_.cells().queue_rows.Get(), StreamCall::kReadAhead);
  Settle();
  EXPECT_EQ(Messages(stream).size(), 100);
}

TEST_F(InferCallTest, ADrainEndsStreamsAfterWhatTheyHaveRead) {
  const int32_t stream = peer_->Start(kStream);
  peer_->Send(stream, Framed(Request(1)), false);
  Receive();
  endpoint_.Drain();
  Receive();
  EXPECT_TRUE(Messages(stream).empty());
  Settle();
  EXPECT_EQ(Messages(stream).size(), 1);
  EXPECT_EQ(peer_->answer(stream).Value("grpc-status"), "14");
  EXPECT_EQ(peer_->answer(stream).Value("grpc-message"), "the server is shutting down");
}

TEST_F(InferCallTest, AbandonsWhatAStreamStillHasInTheBatch) {
  const int32_t stream = peer_->Start(kStream);
  peer_->Send(stream, Framed(Request(1)) + Framed(Request(2)), false);
  Receive();
  EXPECT_EQ(reactor_.cells().queue_rows.Get(), 3);
  peer_->Reset(stream, NGHTTP2_CANCEL);
  Receive();
  EXPECT_EQ(reactor_.cells().queue_rows.Get(), 0);
  EXPECT_EQ(Shed(ShedReason::kCancelled), 2);
}

TEST_F(InferCallTest, CountsAStreamThatBreaks) {
  const int32_t stream = peer_->Start(kStream);
  peer_->Send(stream, Framed(Request(1)) + Framed(Request(1)).substr(0, 12), true);
  Settle();
  EXPECT_EQ(peer_->answer(stream).Value("grpc-status"), "13");
  EXPECT_EQ(Unrouted(Code::kInternal), 1);
}

}  // namespace
}  // namespace hillock::rpc
