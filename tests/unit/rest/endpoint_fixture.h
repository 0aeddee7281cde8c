// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_REST_ENDPOINT_FIXTURE_H_
#define HILLOCK_TESTS_UNIT_REST_ENDPOINT_FIXTURE_H_

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/core/base/descriptor.h"
#include "server/rest/connection.h"
#include "server/rest/endpoint.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rest {

inline constexpr size_t kMaxMessageBytes = 100'000;
inline constexpr char kInfer[] =
    R"({"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","data":[7]}]})";

// The methods of gRPC: calls wait until the test answers them.
class FakeMethods final : public transport::Router {
 public:
  struct Method final : transport::Handler {
    explicit Method(transport::Call& its_call) : call(&its_call) {}
    void OnMessage(transport::Buffer message) override { got = std::string(message.view()); }
    void OnHalfClose() override { waits = true; }
    void OnBroken(const absl::Status& status) override { broken = status; }
    void OnClosed(bool finished) override {
      call = nullptr;
      was_finished = finished;
    }

    transport::Call* call;  // null once it is closed
    std::string got;
    bool waits = false;
    bool was_finished = false;
    absl::Status broken;
  };

  transport::Handler* Open(transport::Call& call) override {
    if (!refusal.ok()) {
      call.Finish(refusal);
      return nullptr;
    }
    opened.push_back(std::make_unique<Method>(call));
    return opened.back().get();
  }

  absl::Status refusal;
  std::vector<std::unique_ptr<Method>> opened;
};

class EndpointTest : public ::testing::Test {
 protected:
  // One end of a connection whose other end is the server's.
  class Client {
   public:
    explicit Client(Endpoint& endpoint, std::string read_before = "") {
      int ends[2];
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
      mine_ = Descriptor(ends[0]);
      endpoint.Adopt(std::make_unique<transport::SocketStream>(Descriptor(ends[1])),
                     std::move(read_before));
    }

    void Send(std::string_view bytes) {
      EXPECT_EQ(send(mine_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
    }
    void Leave() { mine_ = Descriptor(-1); }

    std::string Receive() {
      char buffer[1 << 16];
      const ssize_t count = recv(mine_.get(), buffer, sizeof(buffer), 0);
      closed_ = count == 0;
      return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : "";
    }
    bool closed() const { return closed_; }

   private:
    Descriptor mine_{-1};
    bool closed_ = false;
  };

  EndpointTest() {
    endpoint_.GiveAwayTo([this](auto stream, std::string bytes) {
      given_away_ = std::move(stream);
      given_bytes_ = std::move(bytes);
    });
  }
  ~EndpointTest() override { worker_.Stop(); }

  // Lets the reactor run until nothing happens any more.
  void Run() {
    int idle = 0;
    while (idle < 3) {
      const int events = reactor_->loop().Poll(0);
      const bool works = endpoint_.Work();
      endpoint_.Flush();
      idle = events == 0 && !works ? idle + 1 : 0;
    }
  }

  // The same, with what the worker does.
  std::string RunUntilAnswered(Client& client) {
    std::string answer;
    while (answer.empty()) {
      reactor_->loop().Poll(1'000'000);
      endpoint_.Work();
      endpoint_.Flush();
      answer = client.Receive();
    }
    return answer;
  }

  void Pass(Nanos time) {
    clock_.Advance(time);
    Run();
    endpoint_.Tick();
    Run();
  }

  std::string Ask(std::string_view request) {
    Client client(endpoint_);
    client.Send(request);
    Run();
    return client.Receive();
  }

  static std::string Post(std::string_view body, std::string_view headers = "") {
    return "POST /v2/models/pets/infer HTTP/1.1\r\nHost: h\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body);
  }

  FakeMethods::Method& method(size_t index = 0) { return *methods_.opened.at(index); }

  void AnswerInference(size_t index = 0, const std::string& raw = "\x8") {
    inference::ModelInferResponse response;
    response.set_model_name("pets");
    auto& output = *response.add_outputs();
    output.set_name("y");
    output.set_datatype("UINT8");
    response.add_raw_output_contents(raw);
    transport::Buffer message = method(index).call->NewBuffer();
    message.Append(response.SerializeAsString());
    method(index).call->Send(std::move(message));
    method(index).call->Finish(absl::OkStatus());
    Run();
  }

  testing::FakeClock clock_{1};
  rpc::OneReactor reactor_{
      std::make_shared<const model::Mlp>(testing::MlpBuilder(3).Add(2, "identity").Build()),
      {},
      {},
      clock_};
  FakeMethods methods_;
  rpc::Worker worker_;
  transport::MemoryBudget budget_{size_t{64} << 20};
  Endpoint endpoint_{*reactor_, methods_, worker_, budget_, kMaxMessageBytes};
  std::unique_ptr<transport::ByteStream> given_away_;
  std::string given_bytes_;
};

}  // namespace hillock::rest

#endif  // HILLOCK_TESTS_UNIT_REST_ENDPOINT_FIXTURE_H_
