// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_TRACE_ID_H_
#define HILLOCK_SERVER_RPC_INFERENCE_TRACE_ID_H_

#include <string_view>

namespace hillock::rpc {

// The trace-id, 32 hexadecimal digits, of the value of the header `traceparent` (W3C Trace Context,
// section 3.2); empty if it is no such value. It borrows from `traceparent`.
std::string_view TraceIdOf(std::string_view traceparent);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_TRACE_ID_H_
