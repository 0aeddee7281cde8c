// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_REPORT_ACTIVATIONS_PAGE_H_
#define HILLOCK_CLIENT_REPORT_ACTIVATIONS_PAGE_H_

#include <string>

namespace hillock::client {

// server/activation/README.md: what the table is, what its functions teach, the table itself and
// what was measured, in Markdown. Pure.
std::string ActivationsPage();

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_ACTIVATIONS_PAGE_H_
