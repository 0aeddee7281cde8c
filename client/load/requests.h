// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_REQUESTS_H_
#define HILLOCK_CLIENT_LOAD_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/api/client.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Serialized requests for `rows_per_request` consecutive rows each, from `input`'s first row on,
// and from the first again after the last: as many as there are before they repeat themselves, but
// at most 1,024 and, beyond the first, 64 MiB. REQUIRES: at least one row, and a whole number.
std::vector<std::string> MakeRequests(const InferInput& input, size_t rows_per_request);

// Positions in the requests of several models that lie one behind the other, `counts` of each, in
// the order of sending: each model has its share by weight in every stretch, and sends its requests
// in turn. Ends when the requests of every model have been sent at least once, but with 65,536.
// REQUIRES: as many weights as counts, none of them 0.
std::vector<uint32_t> WeightedOrder(std::span<const size_t> counts,
                                    std::span<const uint32_t> weights);

// Rows for up to 64 different requests: numbers uniform from -1 to 1, integers and BOOL 0 or 1.
// The same seed gives the same rows. REQUIRES: no strings.
Rows UniformRows(std::span<const InputColumns> inputs, size_t rows_per_request, uint64_t seed);

// A row of zeros.
Rows ZeroRows(size_t width);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_REQUESTS_H_
