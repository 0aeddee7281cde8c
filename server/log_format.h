// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LOG_FORMAT_H_
#define HILLOCK_SERVER_LOG_FORMAT_H_

namespace hillock {

enum class LogFormat { kText, kJson };

}  // namespace hillock

#endif  // HILLOCK_SERVER_LOG_FORMAT_H_
