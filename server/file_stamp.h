// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_FILE_STAMP_H_
#define HILLOCK_SERVER_FILE_STAMP_H_

#include <string>

namespace hillock {

// Differs between two states of a file: its inode, size and time of change. Links are followed. "-"
// when there is no file, or `path` is empty.
std::string FileStamp(const std::string& path);

}  // namespace hillock

#endif  // HILLOCK_SERVER_FILE_STAMP_H_
