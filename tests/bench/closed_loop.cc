#include "tests/bench/closed_loop.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace hillock::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelInfer";

struct Call {
  grpc::GenericStub* stub = nullptr;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  Clock::time_point sent;
};

class Loop {
 public:
  explicit Loop(const Load& load) : load_(load) {
    const grpc::Slice slice(load.request);
    request_ = grpc::ByteBuffer(&slice, 1);
    for (int c = 0; c < load.connections; ++c) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(std::make_unique<grpc::GenericStub>(
          grpc::CreateCustomChannel(load.target, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  Outcome Run() {
    std::vector<Call> calls(static_cast<size_t>(load_.connections * load_.outstanding));
    for (size_t i = 0; i < calls.size(); ++i) {
      calls[i].stub = stubs_[i % stubs_.size()].get();
      Send(calls[i]);
    }
    for (size_t open = calls.size(); open > 0;) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      Call& call = *static_cast<Call*>(tag);
      const auto now = Clock::now();
      Record(call, now);
      if (now < end_) {
        Send(call);
      } else {
        --open;
      }
    }
    return Summary();
  }

 private:
  void Send(Call& call) {
    call.context.emplace();
    call.sent = Clock::now();
    call.reader = call.stub->PrepareUnaryCall(&*call.context, kMethod, request_, &queue_);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, &call);
  }

  void Record(const Call& call, Clock::time_point now) {
    if (now < start_ || now >= end_) return;
    failures_ += call.status.ok() ? 0 : 1;
    latencies_.push_back(std::chrono::duration<double, std::micro>(now - call.sent).count());
  }

  Outcome Summary() {
    if (latencies_.empty()) return {};
    std::ranges::sort(latencies_);
    const auto at = [&](double q) {
      return latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    return {static_cast<double>(latencies_.size()) / load_.seconds, at(0.5), at(0.99), failures_};
  }

  static Clock::duration Seconds(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  const Load& load_;
  grpc::ByteBuffer request_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  const Clock::time_point start_ = Clock::now() + Seconds(load_.warm_up_seconds);
  const Clock::time_point end_ = start_ + Seconds(load_.seconds);
  std::vector<double> latencies_;
  size_t failures_ = 0;
};

}  // namespace

Outcome Drive(const Load& load) { return Loop(load).Run(); }

}  // namespace hillock::bench
