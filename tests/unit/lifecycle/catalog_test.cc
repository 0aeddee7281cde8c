// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Property;

class CatalogTest : public ::testing::Test {
 protected:
  CatalogEntry Served(const std::string& name, int64_t version) {
    return {name, version,
            compiler_.Compile(name, version, MlpBuilder(1).Add(1, "relu").Share(), {})};
  }
  static CatalogEntry Refused(const std::string& name, int64_t version, const std::string& why) {
    return {name, version, absl::DataLossError(why)};
  }

  static auto Is(int64_t version) {
    return IsOkAndHolds(Property("version", &ServedModel::version, version));
  }

  metrics::Registry registry_{1, {}};
  ModelCompiler compiler_{1, registry_, Clock::Monotonic()};
  // Out of order, as they may come.
  const Catalog catalog_{{Served("dog", 1), Served("cat", 10), Refused("cat", 3, "bad checksum"),
                          Served("cat", 9), Refused("eel", 0, "has no version folder")}};
};

TEST_F(CatalogTest, FindsAVersionByNumber) {
  EXPECT_THAT(catalog_.Find("cat", "9"), Is(9));
  EXPECT_THAT(catalog_.Find("cat", "10"), Is(10));
  EXPECT_THAT(catalog_.Find("dog", "1"), Is(1));
}

TEST_F(CatalogTest, FindsTheHighestVersionWhenNoneIsNamed) {
  EXPECT_THAT(catalog_.Find("cat", ""), Is(10));
  EXPECT_THAT(catalog_.Find("dog", ""), Is(1));
}

TEST_F(CatalogTest, PassesOverAVersionThatDoesNotServeWhenNoneIsNamed) {
  const Catalog catalog({Served("cat", 1), Served("cat", 2), Refused("cat", 3, "bad checksum")});
  EXPECT_THAT(catalog.Find("cat", ""), Is(2));
}

TEST_F(CatalogTest, KnowsNoOtherModel) {
  for (const char* name : {"", "ca", "cats", "CAT", "bee", "fox"}) {
    EXPECT_THAT(catalog_.Find(name, ""),
                StatusIs(absl::StatusCode::kNotFound,
                         "Request for unknown model: '" + std::string(name) + "' is not found"));
  }
}

TEST_F(CatalogTest, KnowsNoOtherVersion) {
  EXPECT_THAT(catalog_.Find("cat", "1"),
              StatusIs(absl::StatusCode::kNotFound,
                       "Request for unknown model: 'cat' version 1 is not found"));
  EXPECT_THAT(catalog_.Find("dog", "10"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("10")))
      << "that is another model's";
}

TEST_F(CatalogTest, RefusesWhatIsNoVersion) {
  for (const char* version : {"0", "-1", "1.0", "latest", "09", "9 ", "99999999999999999999"}) {
    EXPECT_THAT(catalog_.Find("cat", version),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("got model version '" + std::string(version) + "'")));
  }
}

TEST_F(CatalogTest, TellsWhyAModelIsNotReady) {
  EXPECT_THAT(catalog_.Find("cat", "3"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "Request for model 'cat': version 3 is not ready: bad checksum"));
  EXPECT_THAT(catalog_.Find("eel", ""),
              StatusIs(absl::StatusCode::kUnavailable,
                       "Request for model 'eel': it is not ready: has no version folder"));
}

TEST_F(CatalogTest, ListsItsEntriesByNameThenVersion) {
  std::vector<std::string> listed;
  for (const CatalogEntry& e : catalog_.entries()) {
    listed.push_back(e.model + " " + std::to_string(e.version));
  }
  EXPECT_THAT(listed, ElementsAre("cat 3", "cat 9", "cat 10", "dog 1", "eel 0"));
}

TEST(FailedTest, IsAModelOfWhichNoVersionServesForGood) {
  const Catalog catalog({{"cat", 1, absl::DataLossError("bad")},
                         {"cat", 2, absl::UnavailableError("its files are still changing")},
                         {"dog", 0, absl::UnavailableError("it is not loaded")},
                         {"eel", 0, absl::NotFoundError("no version")}});
  EXPECT_THAT(catalog.failed(), ElementsAre("cat", "eel"));
}

TEST_F(CatalogTest, CountsWhatIsServed) { EXPECT_EQ(catalog_.served_count(), 3u); }

TEST_F(CatalogTest, MayBeEmpty) {
  const Catalog empty({});
  EXPECT_EQ(empty.served_count(), 0u);
  EXPECT_THAT(empty.Find("cat", ""), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'cat'")));
}

TEST_F(CatalogTest, StaysWholeForItsHoldersWhenAnotherIsPublished) {
  CatalogHolder holder;
  EXPECT_EQ(holder.Snapshot()->entries().size(), 0u);
  holder.Publish(std::make_shared<const Catalog>(std::vector{Served("cat", 1)}));
  const auto snapshot = holder.Snapshot();
  holder.Publish(std::make_shared<const Catalog>(std::vector{Served("dog", 1)}));
  EXPECT_THAT(snapshot->Find("cat", ""), Is(1));
  EXPECT_FALSE(holder.Snapshot()->Find("cat", "").ok());
}

}  // namespace
}  // namespace hillock::lifecycle
