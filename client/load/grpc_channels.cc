// SPDX-License-Identifier: Apache-2.0
#include "client/load/grpc_channels.h"

#include <grpc/support/time.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "client/api/channel.h"
#include "client/load/load_run.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr Nanos kNanosPerSecond = 1'000'000'000;
constexpr Nanos kLongestWait = 100'000'000;

gpr_timespec ToGpr(Nanos time) {
  gpr_timespec spec{};
  spec.tv_sec = time / kNanosPerSecond;
  spec.tv_nsec = static_cast<int32_t>(time % kNanosPerSecond);
  spec.clock_type = GPR_CLOCK_MONOTONIC;
  return spec;
}

grpc::ChannelArguments Arguments(const LoadPlan& plan) {
  grpc::ChannelArguments arguments = DefaultArguments();
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, plan.retries ? 1 : 0);
  return arguments;
}

}  // namespace

absl::StatusOr<std::vector<GrpcChannel>> ConnectChannels(const LoadPlan& plan, size_t count) {
  std::vector<GrpcChannel> channels;
  for (size_t i = 0; i < count; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(auto channel, OpenChannel(plan.endpoint, Arguments(plan)));
    auto stub = std::make_unique<grpc::GenericStub>(channel);
    channels.push_back({std::move(channel), std::move(stub)});
  }
  const auto deadline = std::chrono::system_clock::now() + plan.patience;
  for (const GrpcChannel& one : channels) one.channel->GetState(true);
  const bool connected = std::ranges::all_of(
      channels, [&](const GrpcChannel& one) { return one.channel->WaitForConnected(deadline); });
  if (!connected) return absl::UnavailableError("");
  return channels;
}

size_t CountReady(std::span<const GrpcChannel> channels) {
  return static_cast<size_t>(std::ranges::count_if(channels, [](const GrpcChannel& one) {
    return one.channel->GetState(false) == GRPC_CHANNEL_READY;
  }));
}

std::vector<grpc::ByteBuffer> ByteBuffersOf(const LoadPlan& plan) {
  std::vector<grpc::ByteBuffer> buffers;
  for (const std::string& request : plan.requests) {
    const grpc::Slice slice(request);
    buffers.emplace_back(&slice, 1);
  }
  return buffers;
}

std::optional<GrpcEvent> NextEvent(grpc::CompletionQueue& queue, Nanos now, Nanos until) {
  until = std::min(until, now + kLongestWait);
  const bool poll = until - now < kPollAhead;
  GrpcEvent event;
  const auto status =
      queue.AsyncNext(&event.tag, &event.ok,
                      poll ? gpr_inf_past(GPR_CLOCK_MONOTONIC) : ToGpr(until - kPollAhead / 2));
  if (status == grpc::CompletionQueue::GOT_EVENT) return event;
  if (poll) std::this_thread::yield();  // the server may need this core
  return std::nullopt;
}

void Shutdown(grpc::CompletionQueue& queue) {
  queue.Shutdown();
  GrpcEvent event;
  while (queue.Next(&event.tag, &event.ok)) continue;
}

}  // namespace hillock::client
