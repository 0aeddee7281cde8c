// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_H2_ECHO_SERVER_H_
#define HILLOCK_TESTS_BENCH_H2_ECHO_SERVER_H_

#include <cstddef>

namespace hillock::bench {

// The floor of the wire: serves ModelInfer as ServeEcho() does, on nghttp2 and epoll, with nothing
// that a server needs besides: no limits, time-outs, errors, other methods or metrics. Requests are
// parsed and answers serialized by protobuf. Polls without sleeping when `polls`.
void ServeH2Echo(size_t floats, bool polls);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_H2_ECHO_SERVER_H_
