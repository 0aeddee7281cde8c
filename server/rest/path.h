// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_PATH_H_
#define HILLOCK_SERVER_REST_PATH_H_

#include <optional>
#include <string_view>

#include "server/rest/routes.h"

namespace hillock::rest {

// Whether `path` is of that form, and the names in it: "/v2/models/{model}/infer", of which
// "/v2/models/{model}/versions/{version}/infer" is a form as well. %XX in names stands for a byte,
// and one slash may follow. None when it is of another form, or has an empty name.
std::optional<Names> MatchPath(std::string_view form, std::string_view path);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_PATH_H_
