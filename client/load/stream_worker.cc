// SPDX-License-Identifier: Apache-2.0
#include "client/load/stream_worker.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "client/load/answer_check.h"
#include "proto/inference.pb.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

const std::string kMethod = "/inference.GRPCInferenceService/ModelStreamInfer";

// gRPC waits in whole milliseconds, rounded up, so the last ones are polled away.
constexpr Nanos kPollAhead = 2'000'000;

// Stop() takes effect, and closed streams are opened, within this time.
constexpr Nanos kLongestWait = 100'000'000;

// How long to wait for answers when a run is stopped early.
constexpr Nanos kBriefly = 1'000'000'000;

constexpr Nanos kPauseBeforeOpening = 100'000'000;

const std::string kGivenUp = "no answer within the time to wait after the end of the run";

Nanos Now() { return Clock::Monotonic().Now(); }

}  // namespace

StreamWorker::StreamWorker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan), share_(share), requests_(ByteBuffersOf(plan)), turn_(plan) {}

StreamWorker::~StreamWorker() {
  CancelAll();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

absl::Status StreamWorker::Connect() {
  HILLOCK_ASSIGN_OR_RETURN(channels_, ConnectChannels(plan_, share_.Of(plan_.connections)));
  for (const GrpcChannel& channel : channels_) {
    Stream& stream = streams_.emplace_back();
    stream.stub = channel.stub.get();
    stream.opened = {&stream, Event::kOpened};
    stream.read = {&stream, Event::kRead};
    stream.written = {&stream, Event::kWritten};
    stream.ended = {&stream, Event::kEnded};
  }
  return absl::OkStatus();
}

size_t StreamWorker::CountLost() { return share_.Of(plan_.connections) - CountReady(channels_); }

LoadTally StreamWorker::Run(std::chrono::nanoseconds duration) {
  tally_ = LoadTally();
  start_ = Now();
  end_ = start_ + duration.count();
  give_up_ = end_ + std::chrono::nanoseconds(plan_.patience).count();
  cancelled_ = false;
  Schedule schedule = ScheduleOf(plan_, share_, start_, end_);
  for (Nanos now = start_; Step(schedule, now);) now = Now();
  tally_.RecordSchedule(schedule.late(), schedule.CountUnsent(), schedule.most_behind());
  tally_.RecordElapsed(std::min(end_, Now()) - start_);
  return std::move(tally_);
}

// Sends what is due and takes an event if one comes. False when the run is over.
bool StreamWorker::Step(Schedule& schedule, Nanos now) {
  if (now < end_ && stop_.load(std::memory_order_relaxed)) EndEarly(schedule, now);
  OpenClosed(now);
  SendDue(schedule, now);
  if (open_ == 0 && schedule.Next(now) == Schedule::kNever) return false;
  const Nanos next = NextWithRoom() == nullptr ? Schedule::kNever : schedule.Next(now);
  Wait(now, std::min(next, cancelled_ ? Schedule::kNever : give_up_));
  if (Now() >= give_up_ && !std::exchange(cancelled_, true)) CancelAll();
  return true;
}

void StreamWorker::EndEarly(Schedule& schedule, Nanos now) {
  end_ = now;
  schedule.End(now);
  give_up_ = now + std::min(kBriefly, std::chrono::nanoseconds(plan_.patience).count());
}

void StreamWorker::Open(Stream& stream) {
  stream.context.emplace();
  stream.state = State::kOpening;
  stream.call = stream.stub->PrepareCall(&*stream.context, kMethod, &queue_);
  stream.call->StartCall(&stream.opened);
}

void StreamWorker::OpenClosed(Nanos now) {
  for (Stream& stream : streams_) {
    if (stream.state == State::kClosed && stream.next_attempt <= now && now < end_) Open(stream);
  }
}

StreamWorker::Stream* StreamWorker::NextWithRoom() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    Stream& stream = streams_[(next_stream_ + i) % streams_.size()];
    if (stream.state == State::kUp && stream.open.size() < plan_.outstanding) return &stream;
  }
  return nullptr;
}

void StreamWorker::SendDue(Schedule& schedule, Nanos now) {
  while (schedule.Next(now) <= now) {
    Stream* const stream = NextWithRoom();
    if (stream == nullptr) return;
    next_stream_ = (next_stream_ + 1) % streams_.size();
    stream->open.push_back({turn_.Take(), *schedule.Take(now)});
    ++stream->unwritten;
    ++open_;
    WriteNext(*stream);
  }
}

// gRPC takes one message at a time.
void StreamWorker::WriteNext(Stream& stream) {
  if (stream.writing || stream.unwritten == 0 || stream.state != State::kUp) return;
  stream.writing = true;
  const Request& next = stream.open[stream.open.size() - stream.unwritten--];
  stream.call->Write(requests_[next.index], &stream.written);
}

void StreamWorker::Wait(Nanos now, Nanos until) {
  until = std::min(until, now + kLongestWait);
  const bool poll = until - now < kPollAhead;
  void* tag = nullptr;
  bool ok = false;
  const auto event = queue_.AsyncNext(
      &tag, &ok, poll ? gpr_inf_past(GPR_CLOCK_MONOTONIC) : ToGpr(until - kPollAhead / 2));
  if (event == grpc::CompletionQueue::GOT_EVENT) {
    Handle(*static_cast<const Tag*>(tag), ok, Now());
  } else if (poll) {
    std::this_thread::yield();  // the server may need this core
  }
}

void StreamWorker::Handle(const Tag& tag, bool ok, Nanos now) {
  Stream& stream = *tag.stream;
  switch (tag.event) {
    case Event::kOpened:
      if (!ok) return End(stream);
      stream.state = State::kUp;
      return stream.call->Read(&stream.answer, &stream.read);
    case Event::kRead:
      if (!ok) return End(stream);
      OnAnswer(stream, now);
      return stream.call->Read(&stream.answer, &stream.read);
    case Event::kWritten:
      stream.writing = false;
      WriteNext(stream);
      return CloseIfEnded(stream, now);
    case Event::kEnded:
      stream.state = State::kEnded;
      return CloseIfEnded(stream, now);
  }
}

void StreamWorker::OnAnswer(Stream& stream, Nanos now) {
  inference::ModelStreamInferResponse answer;
  const grpc::Status parsed =
      grpc::SerializationTraits<inference::ModelStreamInferResponse>::Deserialize(&stream.answer,
                                                                                  &answer);
  if (stream.open.empty()) return;
  const Request request = stream.open.front();
  stream.open.pop_front();
  absl::Status status = CheckAnswer(plan_.expected, request.index, answer.infer_response());
  if (!answer.error_message().empty()) status = absl::UnknownError(answer.error_message());
  if (!parsed.ok()) status = absl::DataLossError("the answer is no ModelStreamInferResponse");
  Record(request.intended, status.code(), std::string(status.message()), now);
}

void StreamWorker::End(Stream& stream) {
  stream.state = State::kEnding;
  stream.call->Finish(&stream.status, &stream.ended);
}

void StreamWorker::CloseIfEnded(Stream& stream, Nanos now) {
  if (stream.state != State::kEnded || stream.writing) return;
  auto code = static_cast<absl::StatusCode>(stream.status.error_code());
  std::string message = stream.status.error_message();
  if (cancelled_ && code == absl::StatusCode::kCancelled) message = kGivenUp;
  if (code == absl::StatusCode::kOk) {
    code = absl::StatusCode::kUnavailable;
    message = "the server ended the stream";
  }
  for (const Request& request : stream.open) Record(request.intended, code, message, now);
  stream.open.clear();
  stream.unwritten = 0;
  // In this order: the call is in the memory of the context's.
  stream.call.reset();
  stream.context.reset();
  stream.state = State::kClosed;
  stream.next_attempt = now + kPauseBeforeOpening;
}

void StreamWorker::Record(Nanos intended, absl::StatusCode code, std::string_view message,
                          Nanos now) {
  tally_.Record(code, now - intended, now < end_, message);
  if (now < end_) tally_.RecordMoment(now - start_, code, now - intended);
  CountAnswer();
  --open_;
}

void StreamWorker::CancelAll() {
  for (Stream& stream : streams_) {
    if (stream.context) stream.context->TryCancel();
  }
}

}  // namespace hillock::client
