// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_FOREIGN_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_FOREIGN_H_

#include <string_view>

namespace hillock::transport {

// What to send a client whose first bytes are a request of HTTP/1.1, as browsers and curl send it
// to any port: an answer that says what is served here. Empty when they may be HTTP/2.
std::string_view AnswerToForeign(std::string_view first_bytes);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_FOREIGN_H_
