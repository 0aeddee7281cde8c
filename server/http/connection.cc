// SPDX-License-Identifier: Apache-2.0
#include "server/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "server/http/foreign.h"
#include "server/http/head.h"

namespace hillock::http {
namespace {

using transport::IoResult;

}  // namespace

Connection::Connection(transport::EventLoop& loop, std::unique_ptr<transport::ByteStream> stream,
                       std::string bytes, Codec& codec, const Elsewhere& elsewhere, Nanos now)
    : loop_(loop),
      bytes_(std::move(stream)),
      codec_(codec),
      elsewhere_(elsewhere),
      since_(now),
      in_(std::move(bytes)) {
  if (!loop_.Add(bytes_->descriptor(), watched_, *this)) state_ = State::kOver;
  if (!over() && !in_.empty()) AnswerNext();
}

Connection::~Connection() {
  if (bytes_ != nullptr) loop_.Remove(bytes_->descriptor(), *this);
}

void Connection::Tick(Nanos now) {
  if (now - since_ > longest()) Enter(State::kOver);
}

Nanos Connection::longest() const {
  if (state_ == State::kWriting) return kAnswerTime;
  if (state_ == State::kClosing) return kClosingTime;
  return in_.empty() ? kIdleTime : kRequestTime;
}

void Connection::OnEvents(uint32_t) {
  switch (state_) {
    case State::kReading:
      return Read();
    case State::kWriting:
      return Write();
    case State::kClosing:
      return Discard();
    case State::kOver:
      return;
  }
}

// Without room for more there is a head to answer, so that nothing is read then.
void Connection::Read() {
  std::array<char, kMaxHeadBytes> buffer;
  if (in_.size() < kMaxHeadBytes) {
    const IoResult result = bytes_->Read(std::span(buffer).first(kMaxHeadBytes - in_.size()));
    if (result.kind == IoResult::Kind::kBytes) {
      if (in_.empty()) since_ = loop_.woke_at();
      in_.append(buffer.data(), result.bytes);
    } else if (result.kind != IoResult::Kind::kWouldBlock) {
      return Enter(State::kOver);
    }
  }
  AnswerNext();
}

void Connection::MoveAway() {
  loop_.Remove(bytes_->descriptor(), *this);
  Enter(State::kOver);
  elsewhere_.take(std::move(bytes_), std::exchange(in_, {}));
}

void Connection::AnswerNext() {
  if (elsewhere_.serves != nullptr && elsewhere_.serves(in_)) return MoveAway();
  const size_t head = HeadLength(in_);
  Answer answer;
  if (const std::string_view foreign = ExplainForeign(in_); !foreign.empty()) {
    answer = Codec::Refuse("400 Bad Request", foreign);
  } else if (head > 0) {
    answer = codec_.Handle(std::string_view(in_).substr(0, head));
  } else if (in_.size() >= kMaxHeadBytes) {
    answer = Codec::Refuse(
        "431 Request Header Fields Too Large",
        fmt::format("got a head of over {} bytes, which is the limit\n", kMaxHeadBytes));
  } else {
    return Watch(EPOLLIN);
  }
  in_.erase(0, answer.last ? in_.size() : head);
  out_ = std::move(answer.bytes);
  sent_ = 0;
  last_ = answer.last;
  Enter(State::kWriting);
  Write();
}

void Connection::Write() {
  while (unsent() > 0) {
    const IoResult result = bytes_->Write(std::string_view(out_).substr(sent_));
    if (result.kind == IoResult::Kind::kWouldBlock) return Watch(EPOLLOUT);
    if (result.kind != IoResult::Kind::kBytes) return Enter(State::kOver);
    sent_ += result.bytes;
  }
  out_ = {};
  sent_ = 0;
  if (last_) {
    bytes_->CloseWrite();
    Watch(EPOLLIN);
    return Enter(State::kClosing);
  }
  // A socket that can be written to makes an event at once, which answers what is in in_.
  Watch(HeadLength(in_) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
  Enter(State::kReading);
}

void Connection::Discard() {
  std::array<char, kMaxHeadBytes> buffer;
  const IoResult result = bytes_->Read(buffer);
  if (result.kind == IoResult::Kind::kClosed || result.kind == IoResult::Kind::kFailed) {
    Enter(State::kOver);
  }
}

void Connection::Enter(State state) {
  state_ = state;
  since_ = loop_.woke_at();
}

void Connection::Watch(uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  loop_.Modify(bytes_->descriptor(), events, *this);
}

}  // namespace hillock::http
