// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_ECHO_SERVER_H_
#define HILLOCK_TESTS_BENCH_ECHO_SERVER_H_

#include <cstddef>

namespace hillock::bench {

// Serves ModelInfer without a model: parses every request and answers with `floats` floats, in the
// messages that hillock-server uses, one thread and one completion queue. Prints the port it chose
// and serves until the process is killed.
void ServeEcho(size_t floats);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_ECHO_SERVER_H_
