// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_TOKEN_CELLS_H_
#define HILLOCK_SERVER_METRICS_TOKEN_CELLS_H_

#include <cstddef>
#include <vector>

#include "server/metrics/cells.h"

namespace hillock::metrics {

// What the tokens of one name did: a shard for each reactor, written by it alone.
struct TokenCells {
  struct alignas(64) Shard {
    Counter calls;
  };

  explicit TokenCells(size_t reactors) : shards(reactors) {}

  std::vector<Shard> shards;
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_TOKEN_CELLS_H_
