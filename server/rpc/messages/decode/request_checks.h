// SPDX-License-Identifier: Apache-2.0

// What is said of the inputs and of the outputs of a request alike.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_REQUEST_CHECKS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_REQUEST_CHECKS_H_

#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

// A server that ignored these parameters would give wrong answers. Others are ignored.
absl::Status CheckParameters(std::string_view what, const TensorView& tensor);

// "'a', 'b' or 'c'", the first ones of many. REQUIRES: there is one.
std::string NameList(std::vector<std::string_view> names, std::string_view conjunction);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_REQUEST_CHECKS_H_
