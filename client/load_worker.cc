#include "client/load_worker.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "client/channel.h"
#include "server/base/tcp.h"

namespace hillock::client {
namespace {

const std::string kMethod = "/inference.GRPCInferenceService/ModelInfer";

// gRPC waits in whole milliseconds, rounded up: what is due sooner is polled for.
constexpr Nanos kPollAhead = 2'000'000;
constexpr Nanos kNanosPerSecond = 1'000'000'000;

grpc::ChannelArguments Arguments(const LoadPlan& plan) {
  grpc::ChannelArguments arguments = DefaultArguments();
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, plan.retries ? 1 : 0);
  return arguments;
}

gpr_timespec ToGpr(Nanos time) {
  gpr_timespec spec{};
  spec.tv_sec = time / kNanosPerSecond;
  spec.tv_nsec = static_cast<int32_t>(time % kNanosPerSecond);
  spec.clock_type = GPR_CLOCK_MONOTONIC;
  return spec;
}

Nanos Now() { return Clock::Monotonic().Now(); }

std::set<int> TcpSockets() {
  std::set<int> descriptors;
  for (const TcpSocket& socket : ListTcpSockets()) descriptors.insert(socket.descriptor);
  return descriptors;
}

}  // namespace

LoadWorker::LoadWorker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan), share_(share), burst_(plan.burst) {
  for (const std::string& request : plan.requests) {
    const grpc::Slice slice(request);
    requests_.emplace_back(&slice, 1);
  }
  for (size_t i = share.index; i < plan.connections; i += share.count) {
    auto channel = OpenChannel(plan.target, Arguments(plan));
    auto stub = std::make_unique<grpc::GenericStub>(channel);
    connections_.push_back({std::move(channel), std::move(stub)});
  }
}

LoadWorker::~LoadWorker() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

bool LoadWorker::Connect() {
  const std::set<int> before = TcpSockets();
  const auto deadline = std::chrono::system_clock::now() + plan_.patience;
  for (const Connection& connection : connections_) connection.channel->GetState(true);
  const bool connected = std::ranges::all_of(
      connections_, [&](const Connection& c) { return c.channel->WaitForConnected(deadline); });
  std::vector<int> ours;
  std::ranges::set_difference(TcpSockets(), before, std::back_inserter(ours));
  // What a schedule spaces shall not leave together; one alone has no other to leave with.
  if (!plan_.open && plan_.outstanding > 1) burst_.Use(std::move(ours));
  return connected;
}

size_t LoadWorker::CountLost() {
  return static_cast<size_t>(std::ranges::count_if(connections_, [](const Connection& c) {
    return c.channel->GetState(false) != GRPC_CHANNEL_READY;
  }));
}

LoadTally LoadWorker::Run(std::chrono::nanoseconds duration) {
  tally_ = LoadTally();
  const Nanos start = Now();
  const Nanos end = start + duration.count();
  Schedule schedule =
      plan_.open ? Schedule::Open(*plan_.open, share_, start, end) : Schedule::Closed(end);
  const Nanos give_up = end + std::chrono::nanoseconds(plan_.patience).count();
  bool cancelled = false;
  for (Nanos now = start;;) {
    SendDue(schedule, now);
    const bool has_room = first_free_ != nullptr || calls_.size() < MostCalls();
    const Nanos next = has_room ? schedule.Next(now) : Schedule::kNever;
    if (in_flight_ == 0 && next == Schedule::kNever) break;
    Call* const call = Next(now, std::min(next, cancelled ? Schedule::kNever : give_up));
    now = Now();
    if (call != nullptr) Complete(*call, now, now < end);
    if (now >= give_up && !cancelled) {
      CancelAll();
      cancelled = true;
    }
  }
  tally_.RecordSchedule(schedule.late(), schedule.CountUnsent(), schedule.most_behind());
  return std::move(tally_);
}

void LoadWorker::SendDue(Schedule& schedule, Nanos now) {
  while (schedule.Next(now) <= now) {
    Call* const call = FreeCall();
    if (call == nullptr) return;
    Send(*call, *schedule.Take(now));
  }
}

void LoadWorker::Send(Call& call, Nanos intended) {
  call.context.emplace();
  // A lost connection makes requests wait rather than fail, and be sent again, without pause.
  call.context->set_wait_for_ready(true);
  if (plan_.deadline.count() > 0) {
    call.context->set_deadline(gpr_time_from_millis(plan_.deadline.count(), GPR_TIMESPAN));
  }
  const grpc::ByteBuffer& request = requests_[next_request_];
  next_request_ = next_request_ + 1 == requests_.size() ? 0 : next_request_ + 1;
  call.intended = intended;
  call.in_flight = true;
  ++in_flight_;
  call.reader = call.connection->stub->PrepareUnaryCall(&*call.context, kMethod, request, &queue_);
  call.reader->StartCall();
  call.reader->Finish(&call.response, &call.status, &call);
}

LoadWorker::Call* LoadWorker::Next(Nanos now, Nanos until) {
  Call* call = burst_.TakesMore() ? Take(gpr_inf_past(GPR_CLOCK_MONOTONIC)) : nullptr;
  if (call == nullptr) {
    burst_.End();
    call = Wait(now, until);
  }
  if (call != nullptr) burst_.Add();
  return call;
}

LoadWorker::Call* LoadWorker::Wait(Nanos now, Nanos until) {
  if (until - now >= kPollAhead) return Take(ToGpr(until - kPollAhead / 2));
  Call* const call = Take(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  // The server may need this core.
  if (call == nullptr) std::this_thread::yield();
  return call;
}

LoadWorker::Call* LoadWorker::Take(gpr_timespec deadline) {
  void* tag = nullptr;
  bool ok = false;
  const auto event = queue_.AsyncNext(&tag, &ok, deadline);
  return event == grpc::CompletionQueue::GOT_EVENT ? static_cast<Call*>(tag) : nullptr;
}

void LoadWorker::Complete(Call& call, Nanos now, bool in_time) {
  tally_.Record(static_cast<absl::StatusCode>(call.status.error_code()), now - call.intended,
                in_time, call.status.error_message());
  answered_.store(answered() + 1, std::memory_order_relaxed);
  // In this order: the reader lives in the memory of the context's call.
  call.reader.reset();
  call.context.reset();
  call.response.Clear();
  call.in_flight = false;
  --in_flight_;
  Free(call);
}

void LoadWorker::CancelAll() {
  for (Call& call : calls_) {
    if (call.in_flight) call.context->TryCancel();
  }
}

size_t LoadWorker::MostCalls() const { return connections_.size() * plan_.outstanding; }

LoadWorker::Call* LoadWorker::FreeCall() {
  if (Call* const call = first_free_; call != nullptr) {
    first_free_ = call->next_free;
    return call;
  }
  if (calls_.size() == MostCalls()) return nullptr;
  Call& call = calls_.emplace_back();
  call.connection = &connections_[(calls_.size() - 1) % connections_.size()];
  return &call;
}

void LoadWorker::Free(Call& call) {
  call.next_free = nullptr;
  (first_free_ == nullptr ? first_free_ : last_free_->next_free) = &call;
  last_free_ = &call;
}

}  // namespace hillock::client
