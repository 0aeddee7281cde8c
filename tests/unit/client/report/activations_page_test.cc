// SPDX-License-Identifier: Apache-2.0
#include "client/report/activations_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::client {
namespace {

std::vector<std::string> TableRows(const std::string& page) {
  std::vector<std::string> rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("|")) rows.push_back(line);
  }
  return rows;
}

// The bars of a row that part cells.
size_t Bars(const std::string& row) {
  size_t bars = 0;
  for (size_t i = 0; i < row.size(); ++i) bars += row[i] == '|' && (i == 0 || row[i - 1] != '\\');
  return bars;
}

TEST(ActivationsPageTest, IsTheFileInTheRepository) {
  std::ifstream file(HILLOCK_ACTIVATIONS_PAGE);
  const std::string committed(std::istreambuf_iterator<char>(file), {});
  EXPECT_TRUE(committed == ActivationsPage())
      << "server/core/activation/README.md is stale; write it again with\n"
         "  build/release/hillock activations --markdown > server/activation/README.md";
}

TEST(ActivationsPageTest, HasTwoRowsForEveryActivation) {
  const std::vector<std::string> rows = TableRows(ActivationsPage());
  for (const activation::Spec& spec : activation::All()) {
    const std::string start = fmt::format("| `{}` |", spec.name);
    EXPECT_EQ(
        std::ranges::count_if(rows, [&](const std::string& row) { return row.starts_with(start); }),
        2)
        << spec.name;
  }
  EXPECT_EQ(rows.size(), 2 * activation::All().size() + 4);
}

TEST(ActivationsPageTest, GivesTheRowsOfATableAsManyCells) {
  const std::vector<std::string> rows = TableRows(ActivationsPage());
  const size_t half = rows.size() / 2;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(Bars(rows[i]), Bars(rows[i < half ? 0 : half])) << rows[i];
  }
}

}  // namespace
}  // namespace hillock::client
