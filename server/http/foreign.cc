// SPDX-License-Identifier: Apache-2.0
#include "server/http/foreign.h"

namespace hillock::http {
namespace {

// RFC 9113, section 3.4, as far as no method of HTTP/1.1 begins.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2";

constexpr char kTlsHandshake = 0x16;  // RFC 8446, section 5.1

}  // namespace

std::string_view ExplainForeign(std::string_view first_bytes) {
  if (first_bytes.starts_with(kHttp2Preface)) {
    return "got HTTP/2, want HTTP/1.1: gRPC is served at the address of --listen\n";
  }
  if (first_bytes.starts_with(kTlsHandshake)) return "got TLS, want plain HTTP/1.1\n";
  return "";
}

}  // namespace hillock::http
