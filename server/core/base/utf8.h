// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_UTF8_H_
#define HILLOCK_SERVER_CORE_BASE_UTF8_H_

#include <string>
#include <string_view>

namespace hillock {

// Whether `text` is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
// Text that is not cannot be written to a model.mlp nor be in a message.
bool IsUtf8(std::string_view text);

// `text` as UTF-8, for places that take nothing else: bytes that are no UTF-8 become \xNN.
std::string EscapedUtf8(std::string_view text);

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_UTF8_H_
