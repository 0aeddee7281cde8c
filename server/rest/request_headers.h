// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_REQUEST_HEADERS_H_
#define HILLOCK_SERVER_REST_REQUEST_HEADERS_H_

#include <variant>

#include "server/http/head.h"
#include "server/rest/answer.h"
#include "server/rest/exchange.h"

namespace hillock::rest {

// What a head asks for, or why it is refused: 404 and 405 for paths and methods that there are not,
// 415 for bodies in codings that there are not, 403 for a POST that a page of another origin has a
// browser send, 400 for a length that is no number.
std::variant<Request, Answer> ReadRequestHeaders(const http::Head& head);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_REQUEST_HEADERS_H_
