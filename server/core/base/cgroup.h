// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_CGROUP_H_
#define HILLOCK_SERVER_CORE_BASE_CGROUP_H_

#include <string>
#include <string_view>
#include <vector>

namespace hillock {

// The group's path for a controller in the text of /proc/PID/cgroup, whose lines are
// "ID:CONTROLLERS:PATH"; version 2 has one line, without controllers. "/" when there is no line.
std::string CgroupOf(std::string_view text, std::string_view controller);

// The folders below `mount` of this process's group and of all groups that it is in, up to the
// root's: every level binds. A container often sees its own group as the root.
std::vector<std::string> CgroupFolders(std::string_view mount, std::string_view controller);

// The first line of a file, empty when it cannot be read.
std::string FirstLine(const std::string& path);

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_CGROUP_H_
