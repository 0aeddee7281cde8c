// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_LOAD_OUTPUT_H_
#define HILLOCK_CLIENT_COMMANDS_LOAD_OUTPUT_H_

#include "absl/status/status.h"
#include "client/cli/command.h"
#include "client/commands/load_flags.h"
#include "client/report/load_report.h"

namespace hillock::client {

// Prints the report, and writes the files that were asked for. Errors: those of writing.
absl::Status WriteReport(const LoadFlags& flags, const LoadReport& report, const Console& console);

// Whether the files can be written, before a load is made for them. Leaves them empty.
absl::Status CheckFiles(const LoadFlags& flags);

// Prints what --compare asks for, and writes it as a page. Errors: those of reading and writing;
// INVALID_ARGUMENT naming the file that is no report.
absl::Status CompareReports(const LoadFlags& flags, const Console& console);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_LOAD_OUTPUT_H_
