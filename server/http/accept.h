// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_ACCEPT_H_
#define HILLOCK_SERVER_HTTP_ACCEPT_H_

#include <string_view>

namespace hillock::http {

// How much a header Accept or Accept-Encoding wants `name`, from 0 to 1 (RFC 9110, section 12.4.2).
// Wildcards and parameters other than q are not looked at. 0 when the header does not name it.
double Quality(std::string_view header, std::string_view name);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_ACCEPT_H_
