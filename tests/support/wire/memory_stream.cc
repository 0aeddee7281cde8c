// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire/memory_stream.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::testing {

using transport::IoResult;
using Kind = IoResult::Kind;

MemoryStream::MemoryStream(std::shared_ptr<Wire> wire)
    : wire_(std::move(wire)), always_ready_(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)) {
  HILLOCK_CHECK(always_ready_.get() >= 0);
}

IoResult MemoryStream::Read(std::span<char> into) {
  HILLOCK_CHECK(!into.empty());
  std::string& bytes = wire_->to_server;
  if (bytes.empty()) return {wire_->client_ended ? Kind::kClosed : Kind::kWouldBlock};
  const size_t some = std::min(bytes.size(), into.size());
  bytes.copy(into.data(), some);
  bytes.erase(0, some);
  return {Kind::kBytes, some};
}

IoResult MemoryStream::Write(std::string_view bytes) {
  HILLOCK_CHECK(!bytes.empty() && !wire_->server_ended);
  if (wire_->client_gone) return {Kind::kFailed};
  const size_t room = wire_->room - std::min(wire_->room, wire_->to_client.size());
  const size_t some = std::min(bytes.size(), room);
  if (some == 0) return {Kind::kWouldBlock};
  wire_->to_client.append(bytes.substr(0, some));
  return {Kind::kBytes, some};
}

}  // namespace hillock::testing
