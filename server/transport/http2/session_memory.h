// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_MEMORY_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_MEMORY_H_

#include <nghttp2/nghttp2.h>

namespace hillock::transport {

// What nghttp2's sessions allocate from. A request costs a session ten small blocks; each thread
// keeps those that were freed, up to kMaxKeptBytes of them, for the next request. malloc() takes
// four times as long, as its own cache holds seven blocks of a size and a batch of requests frees
// hundreds.
//
// Any thread may free or use what another has allocated, so a session may move between threads.
// Never null; lives as long as the process.
nghttp2_mem* SessionMemory();

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_SESSION_MEMORY_H_
