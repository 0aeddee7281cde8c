// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/well_behaved_client.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/channel_arguments.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "proto/inference.grpc.pb.h"
#include "tests/integration/support/inference.h"

namespace hillock::testing {
namespace {

using WallClock = std::chrono::system_clock;  // which gRPC's deadlines are of

constexpr std::chrono::seconds kDeadline{3};
constexpr std::chrono::milliseconds kLookEvery{1};
constexpr std::chrono::minutes kPatience{1};
constexpr int kReconnectMs = 100;
constexpr int kConnectMs = 10'000;  // which gRPC's option of that name is about

double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

struct WellBehavedClient::Pending {
  grpc::ClientContext context;
  grpc::Status status;
  inference::ModelInferResponse response;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  WallClock::time_point due;
};

std::shared_ptr<grpc::Channel> WellBehavedClient::Connect(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

WellBehavedClient::WellBehavedClient(std::shared_ptr<grpc::Channel> channel, Options options)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      request_(MakeRequest(options_.model, options_.width, std::vector<float>(options_.width, 1))),
      thread_([this] { Loop(); }) {}

WellBehavedClient::~WellBehavedClient() {
  if (thread_.joinable()) Stop();
}

void WellBehavedClient::AwaitAnswers(size_t calls) const {
  const size_t wanted = answers_.load() + calls;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (answers_.load() < wanted) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << wanted - answers_.load() << " to come";
    std::this_thread::sleep_for(kLookEvery);
  }
}

WellBehavedClient::Report WellBehavedClient::Stop() {
  stopping_ = true;
  thread_.join();
  std::ranges::sort(milliseconds_);
  const auto at = [this](double q) { return Quantile(milliseconds_, q); };
  return {milliseconds_.size(), errors_, at(0.5), at(0.99), at(1)};
}

void WellBehavedClient::Loop() {
  const auto stub = inference::GRPCInferenceService::NewStub(channel_);
  const auto period = std::chrono::duration_cast<WallClock::duration>(std::chrono::seconds(1)) /
                      options_.calls_per_second;
  grpc::CompletionQueue queue;
  size_t open = 0;
  for (auto due = WallClock::now(); !stopping_ || open > 0;) {
    if (!stopping_ && WallClock::now() >= due) {
      auto* const call = new Pending;
      call->due = due;
      call->context.set_deadline(due + kDeadline);
      call->reader = stub->AsyncModelInfer(&call->context, request_, &queue);
      call->reader->Finish(&call->response, &call->status, call);
      due += period;
      ++open;
    }
    void* tag = nullptr;
    bool ok = false;
    const auto until = stopping_ ? WallClock::now() + kDeadline : due;
    if (queue.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) continue;
    const std::unique_ptr<Pending> call(static_cast<Pending*>(tag));
    const std::chrono::duration<double, std::milli> took = WallClock::now() - call->due;
    Note(*call, took.count());
    --open;
  }
}

void WellBehavedClient::Note(const Pending& call, double ms) {
  milliseconds_.push_back(ms);
  if (!call.status.ok()) ++errors_[ToAbsl(call.status).ToString()];
  ++answers_;
}

void WellBehavedClient::Report::Record() const {
  const std::string text = fmt::format("{} calls, p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms",
                                       calls, p50_ms, p99_ms, max_ms);
  std::cout << "well-behaved client: " << text << std::endl;
  ::testing::Test::RecordProperty("well_behaved_client", text);
}

}  // namespace hillock::testing
