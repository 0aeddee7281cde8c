// SPDX-License-Identifier: Apache-2.0

// The tables of `hillock top` as lines, the first of them the titles. Pure.

#ifndef HILLOCK_CLIENT_TOP_TABLES_H_
#define HILLOCK_CLIENT_TOP_TABLES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/top/snapshot.h"

namespace hillock::client {

using Lines = std::vector<std::string>;

Lines ModelTable(std::span<const TopModel> models);
Lines ActivationTable(std::span<const TopActivation> activations);
Lines ReactorTable(std::span<const TopReactor> reactors);

// Only those of `model`; of all models, with a column for that, when it is empty.
Lines LayerTable(std::span<const TopLayer> layers, std::string_view model);

// As much of `text`, which has no escapes, as fits into so many columns.
std::string CutTo(std::string_view text, size_t columns);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TOP_TABLES_H_
