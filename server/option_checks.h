// What values of the command line may be. Each check tells what it got and what it wants.

#ifndef HILLOCK_SERVER_OPTION_CHECKS_H_
#define HILLOCK_SERVER_OPTION_CHECKS_H_

#include <CLI/CLI.hpp>
#include <cstdint>

#include "server/transport/net/address.h"

namespace hillock {

// Digits that spell a number from `least` to `most`.
CLI::Validator WholeNumber(uint64_t least, uint64_t most);

// The same in bytes, which may have a unit after it: KB, MB, GB (powers of 1000), KiB, MiB, GiB.
// The value becomes digits alone.
CLI::Validator ByteCount(uint64_t least, uint64_t most);

// A number of seconds from `least` to `most`.
CLI::Validator SecondsBetween(double least, double most);

// An address, which becomes canonical.
CLI::Validator AddressBy(const transport::AddressRules& rules);

// An address at which the metrics' HTTP library can serve, which becomes what it takes; or nothing.
CLI::Validator MetricsAddress();

// A file that this process may read.
CLI::Validator ReadableFile();

}  // namespace hillock

#endif  // HILLOCK_SERVER_OPTION_CHECKS_H_
