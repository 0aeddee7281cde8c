// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/besieged_server.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/integration/support/inference.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::minutes kLongestCall{1};

// What is left of an attack when it is over: what the heap keeps, by what was measured.
constexpr size_t kMayKeep = size_t{32} << 20;

// Sanitizers keep memory that has been freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasuresMemory = false;
#else
constexpr bool kMeasuresMemory = true;
#endif

// Answers before the server counts as quiet, and after an attack.
constexpr size_t kSomeAnswers = 50;

}  // namespace

bool ComesToHold(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

absl::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           std::string_view message) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLongestCall);
  grpc::CompletionQueue queue;
  const grpc::Slice slice(message.data(), message.size(), grpc::Slice::STATIC_SLICE);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return ToAbsl(status);
}

BesiegedServer::BesiegedServer(const std::vector<std::string>& flags,
                               const std::vector<std::string>& launcher)
    : server_(models_.path(), flags, launcher),
      channel_(WellBehavedClient::Connect(server_.address())) {
  EXPECT_THAT(CallWithBytes(server_.channel(), kServerLive, ""), IsOk());
  WellBehavedClient client(channel_);
  client.AwaitAnswers(kSomeAnswers);
  client.Stop();
  idle_ = Status();
}

void BesiegedServer::Endure(const std::function<void()>& attack) {
  WellBehavedClient client(channel_);
  client.AwaitAnswers(kSomeAnswers);
  attack();
  client.AwaitAnswers(kSomeAnswers);
  ExpectServesNewClient();
  ExpectQuiet();
  const WellBehavedClient::Report report = client.Stop();
  report.Record();
  EXPECT_THAT(report.errors, ::testing::IsEmpty());
}

void BesiegedServer::ExpectServesNewClient() const {
  const auto channel = WellBehavedClient::Connect(server_.address());
  const auto request = MakeRequest("iris", 4, std::vector<float>(4)).SerializeAsString();
  EXPECT_THAT(CallWithBytes(channel, kModelInfer, request), IsOk());
}

bool BesiegedServer::IsQuiet(const ProcessStatus& status) const {
  const bool small = status.resident_bytes <= idle_.resident_bytes + kMayKeep;
  return status.threads == idle_.threads && status.descriptors == idle_.descriptors &&
         (small || !kMeasuresMemory);
}

void BesiegedServer::ExpectQuiet() const {
  EXPECT_TRUE(ComesToHold([this] { return IsQuiet(Status()); }))
      << "got " << Status() << ", want as before: " << idle_;
}

}  // namespace hillock::testing
