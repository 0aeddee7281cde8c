// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_OPEN_BENEATH_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_OPEN_BENEATH_H_

#include <string>

namespace hillock::repository {

// Opens what `path` leads to from the open folder `top`, provided that it lies beneath `top`. Links
// on the way are followed, absolute ones too, whatever they pass through. As open() it gives a
// descriptor, or a negative number and errno: EXDEV when it lies elsewhere. Thread-safe.
//
// No descriptor of anything outside `top` is ever returned, whoever renames and links meanwhile:
// each comes from the kernel's RESOLVE_BENEATH, or from a walk that follows no link.
int OpenBeneath(int top, const std::string& path, int flags);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_OPEN_BENEATH_H_
