// SPDX-License-Identifier: Apache-2.0
#include "client/load/stream_worker.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <string>
#include <utility>

#include "client/load/answer_check.h"
#include "proto/inference.pb.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

const std::string kMethod = "/inference.GRPCInferenceService/ModelStreamInfer";

constexpr Nanos kPauseBeforeOpening = 100'000'000;

Nanos Now() { return Clock::Monotonic().Now(); }

}  // namespace

StreamWorker::StreamWorker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan), share_(share), requests_(ByteBuffersOf(plan)), turn_(plan) {}

StreamWorker::~StreamWorker() {
  CancelAll();
  Shutdown(queue_);
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
  run_.emplace(plan_, share_, duration);
  cancelled_ = false;
  for (Nanos now = run_->start(); Step(now);) now = Now();
  return run_->TakeTally();
}

// Sends what is due and takes an event if one comes. False when the run is over.
bool StreamWorker::Step(Nanos now) {
  if (now < run_->end() && stop_.load(std::memory_order_relaxed)) run_->EndEarly(now);
  OpenClosed(now);
  SendDue(now);
  const Nanos due = run_->schedule().Next(now);
  if (open_ == 0 && due == Schedule::kNever) return false;
  const Nanos next = NextWithRoom() == nullptr ? Schedule::kNever : due;
  const Nanos until = std::min(next, cancelled_ ? Schedule::kNever : run_->give_up());
  const auto event = NextEvent(queue_, now, until);
  now = Now();
  if (event) Handle(*static_cast<const Tag*>(event->tag), event->ok, now);
  if (now >= run_->give_up() && !std::exchange(cancelled_, true)) CancelAll();
  return true;
}

void StreamWorker::Open(Stream& stream) {
  stream.context.emplace();
  stream.state = State::kOpening;
  stream.call = stream.stub->PrepareCall(&*stream.context, kMethod, &queue_);
  stream.call->StartCall(&stream.opened);
}

void StreamWorker::OpenClosed(Nanos now) {
  for (Stream& stream : streams_) {
    if (stream.state == State::kClosed && stream.next_attempt <= now && now < run_->end())
      Open(stream);
  }
}

StreamWorker::Stream* StreamWorker::NextWithRoom() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    Stream& stream = streams_[(next_stream_ + i) % streams_.size()];
    if (stream.state == State::kUp && stream.open.size() < plan_.outstanding) return &stream;
  }
  return nullptr;
}

void StreamWorker::SendDue(Nanos now) {
  while (run_->schedule().Next(now) <= now) {
    Stream* const stream = NextWithRoom();
    if (stream == nullptr) return;
    next_stream_ = (next_stream_ + 1) % streams_.size();
    stream->open.push_back({turn_.Take(), *run_->schedule().Take(now)});
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
  if (cancelled_ && code == absl::StatusCode::kCancelled) message = run_->give_up_text();
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
  run_->Record(intended, code, message, now);
  CountAnswer();
  --open_;
}

void StreamWorker::CancelAll() {
  for (Stream& stream : streams_) {
    if (stream.context) stream.context->TryCancel();
  }
}

}  // namespace hillock::client
