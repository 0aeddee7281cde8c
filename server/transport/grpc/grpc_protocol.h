// SPDX-License-Identifier: Apache-2.0

// What gRPC writes into HTTP/2's headers and before its messages, as its specification has it
// (gRPC over HTTP2, doc/PROTOCOL-HTTP2.md of github.com/grpc/grpc).

#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_GRPC_PROTOCOL_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_GRPC_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/core/base/clock.h"

namespace hillock::transport {

// Before each message: whether it is compressed (0 or 1), and its length, big-endian.
inline constexpr size_t kPrefixBytes = 5;

void WritePrefix(bool compressed, uint32_t length, char* to);
uint32_t ReadLength(const char* prefix);

// "application/grpc", alone or followed by '+' or ';' and more.
bool IsGrpcContentType(std::string_view value);

// Of the header grpc-timeout: at most 8 digits and a unit, such as "100m". None when it is not one;
// at most half of kNoDeadline.
std::optional<Nanos> ParseTimeout(std::string_view value);

// Of the header grpc-message: everything but printable ASCII, and '%', as %XX.
std::string PercentEncode(std::string_view message);

// Undoes it. What is no %XX stays as it is.
std::string PercentDecode(std::string_view message);

// Values of metadata whose name ends in "-bin". Decoding takes them with and without padding; what
// is no base64 gives nothing.
std::string EncodeBase64(std::string_view bytes);
std::string DecodeBase64(std::string_view text);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_GRPC_PROTOCOL_H_
