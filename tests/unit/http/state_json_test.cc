// SPDX-License-Identifier: Apache-2.0
#include "server/http/state_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hillock::http {
namespace {

// Models that serve are looked at by tests/interop/live_page.py, which has a server.
TEST(StateJsonTest, NamesModelsThatDoNotServeWithTheReason) {
  const lifecycle::Catalog catalog(
      {{"f\xff", 3, absl::DataLossError("model.mlp: damaged\xff"), absl::OkStatus()}});
  const auto state = nlohmann::json::parse(StateJson(catalog, false));
  EXPECT_EQ(state["ready"], false);
  EXPECT_TRUE(state["curves"].empty());
  ASSERT_EQ(state["models"].size(), 1u);
  EXPECT_EQ(state["models"][0]["name"], "f\\xFF");
  EXPECT_EQ(state["models"][0]["version"], "3");
  EXPECT_EQ(state["models"][0]["state"], "UNAVAILABLE");
  EXPECT_TRUE(state["models"][0]["layers"].empty());
}

}  // namespace
}  // namespace hillock::http
