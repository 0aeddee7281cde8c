// SPDX-License-Identifier: Apache-2.0

// Where and how a program runs, for reports that others read later.

#ifndef HILLOCK_CLIENT_CLI_ORIGIN_H_
#define HILLOCK_CLIENT_CLI_ORIGIN_H_

#include <string>
#include <string_view>

namespace hillock::client {

// The command line of this process as a shell takes it, the program without its folder.
std::string CommandText();

// "AMD EPYC 7B13, 2 cores, Linux 6.1.0". What is not known is left out.
std::string ThisMachineText();

// The time now: "2026-11-30 14:05:09 UTC".
std::string DateText();

// A command line of words that each end in a NUL byte, words quoted where a shell needs that. Pure.
std::string ShellText(std::string_view words);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CLI_ORIGIN_H_
