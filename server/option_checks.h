// SPDX-License-Identifier: Apache-2.0

// Checks of values on the command line. Their errors say got and want.

#ifndef HILLOCK_SERVER_OPTION_CHECKS_H_
#define HILLOCK_SERVER_OPTION_CHECKS_H_

#include <CLI/CLI.hpp>
#include <cstdint>

#include "server/transport/net/address.h"

namespace hillock {

// Digits that spell a number from `min` to `max`.
CLI::Validator WholeNumber(uint64_t min, uint64_t max);

// The same in bytes, which may have a unit after it: KB, MB, GB (powers of 1000), KiB, MiB, GiB.
// The value becomes digits alone.
CLI::Validator ByteCount(uint64_t min, uint64_t max);

// A number of seconds from `min` to `max`.
CLI::Validator SecondsBetween(double min, double max);

// An address, which becomes canonical.
CLI::Validator AddressBy(const transport::AddressRules& rules);

// The same, or an empty text.
CLI::Validator AddressOrNothingBy(const transport::AddressRules& rules);

// What may name a model.
CLI::Validator ModelName();

// A file that this process may read.
CLI::Validator ReadableFile();

// A file of tokens (server/rpc/access/token_file.h).
CLI::Validator TokenFile();

}  // namespace hillock

#endif  // HILLOCK_SERVER_OPTION_CHECKS_H_
