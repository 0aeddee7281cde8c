// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TOP_KEY_H_
#define HILLOCK_CLIENT_TOP_KEY_H_

#include <string_view>
#include <vector>

namespace hillock::client {

enum class Key { kUp, kDown, kEnter, kBack, kSort, kReverse, kQuit };

// The keys behind what a terminal sends: arrows, or j and k; enter; escape, backspace, or the left
// arrow; s; r; q. Others are left out. Pure.
std::vector<Key> KeysOf(std::string_view bytes);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TOP_KEY_H_
