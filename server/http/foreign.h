// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_FOREIGN_H_
#define HILLOCK_SERVER_HTTP_FOREIGN_H_

#include <string_view>

namespace hillock::http {

// What to tell a client whose first bytes are another protocol's: TLS, or HTTP/2, as gRPC speaks.
// Empty when they may be HTTP/1.1.
std::string_view ExplainForeign(std::string_view first_bytes);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_FOREIGN_H_
