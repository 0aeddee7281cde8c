// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_LIVE_PAGE_H_
#define HILLOCK_SERVER_HTTP_LIVE_PAGE_H_

#include <string_view>

namespace hillock::http {

// live_page.html, which the build puts into the program.
extern const std::string_view kLivePage;

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_LIVE_PAGE_H_
