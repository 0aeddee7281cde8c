// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/request_headers.h"

#include <fmt/format.h>

#include "server/transport/grpc/grpc_protocol.h"

namespace hillock::transport {
namespace {

// Sizes as HTTP/2 counts them: name, value and 32 bytes for each field (RFC 9113, section 6.5.2).
// gRPC's own servers take 16 KiB at most.
constexpr size_t kMaxBytes = 16 << 10;
constexpr size_t kFieldOverhead = 32;

// Beyond this a client gets a reset instead of a status. One byte of a compressed header block may
// stand for thousands, and looking at each of those takes time.
constexpr size_t kResetBytes = 64 << 10;

// Memory that is reused for the next request.
constexpr size_t kReusedBytes = 1 << 10;
constexpr size_t kReusedFields = 64;

bool IsMetadata(std::string_view name) {
  return !name.starts_with(':') && !name.starts_with("grpc-") && name != "te" &&
         name != "content-type" && name != "content-length" && name != "user-agent" &&
         name != "accept-encoding";
}

}  // namespace

void RequestHeaders::Clear() {
  if (bytes_.capacity() > kReusedBytes) std::string().swap(bytes_);
  if (path_.capacity() > kReusedBytes) std::string().swap(path_);
  if (fields_.capacity() > kReusedFields) std::vector<Field>().swap(fields_);
  path_.clear();
  bytes_.clear();
  fields_.clear();
  size_ = 0;
  post_ = grpc_ = accepts_gzip_ = bad_timeout_ = false;
  encoding_ = Encoding::kIdentity;
  deadline_ = kNoDeadline;
}

bool RequestHeaders::fits() const { return size_ <= kMaxBytes; }

bool RequestHeaders::Count(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + kFieldOverhead;
  return size_ <= kResetBytes;
}

bool RequestHeaders::Add(std::string_view name, std::string_view value, const Clock& clock) {
  const bool goes_on = Count(name, value);
  if (fits()) Interpret(name, value, clock);
  return goes_on;
}

bool RequestHeaders::AddTrailer(std::string_view name, std::string_view value) {
  return Count(name, value);
}

void RequestHeaders::Interpret(std::string_view name, std::string_view value, const Clock& clock) {
  if (name == ":path") {
    path_ = value;
  } else if (name == ":method") {
    post_ = value == "POST";
  } else if (name == "content-type") {
    grpc_ = IsGrpcContentType(value);
  } else if (name == "grpc-timeout") {
    const std::optional<Nanos> timeout = ParseTimeout(value);
    bad_timeout_ = !timeout;
    if (timeout) deadline_ = clock.Now() + *timeout;
  } else if (name == "grpc-encoding") {
    encoding_ = FindEncoding(value);
  } else if (name == "grpc-accept-encoding") {
    accepts_gzip_ = value.find("gzip") != std::string_view::npos;
  } else if (IsMetadata(name)) {
    fields_.push_back({bytes_.size(), name.size(), value.size()});
    bytes_.append(name).append(value);
  }
}

// Headers that do not fit were not all interpreted, so nothing follows from what is missing.
const char* RequestHeaders::HttpError() const {
  if (fits() && !post_) return "405";
  if (fits() && !grpc_) return "415";
  return nullptr;
}

absl::Status RequestHeaders::Check() const {
  if (!fits()) {
    return absl::ResourceExhaustedError(
        fmt::format("got {} bytes of headers, want at most {}", size_, kMaxBytes));
  }
  if (!encoding_) {
    return absl::UnimplementedError(
        fmt::format("got messages in a grpc-encoding that is not supported, want one of {}",
                    kAcceptedEncodings));
  }
  if (bad_timeout_) {
    return absl::InternalError("got a malformed grpc-timeout, want digits and a unit");
  }
  return absl::OkStatus();
}

RequestHeaders::Header RequestHeaders::HeaderAt(const Field& field) const {
  const std::string_view bytes = bytes_;
  return {bytes.substr(field.begin, field.name_size),
          bytes.substr(field.begin + field.name_size, field.value_size)};
}

std::string_view RequestHeaders::metadata(std::string_view name) const {
  for (const Field& field : fields_) {
    if (const Header header = HeaderAt(field); header.name == name) return header.value;
  }
  return {};
}

Metadata RequestHeaders::AllMetadata() const {
  Metadata all;
  for (const Field& field : fields_) {
    const auto [name, value] = HeaderAt(field);
    const bool binary = name.ends_with("-bin");
    all.emplace_back(name, binary ? DecodeBase64(value) : std::string(value));
  }
  return all;
}

}  // namespace hillock::transport
