// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/catalog_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace hillock::lifecycle {
namespace {

class CatalogReaderTest : public ::testing::Test {
 protected:
  // Publishes a new catalog; the answer expires with it.
  std::weak_ptr<const Catalog> Publish() {
    auto catalog = std::make_shared<const Catalog>(std::vector<CatalogEntry>());
    holder_.Publish(catalog);
    return catalog;
  }

  CatalogHolder holder_;
  CatalogReader reader_{holder_};
};

TEST_F(CatalogReaderTest, GivesTheNewestAtOnce) {
  const auto first = Publish();
  EXPECT_EQ(&reader_.Current(), first.lock().get());
  EXPECT_EQ(&reader_.Current(), first.lock().get());
  const auto second = Publish();
  EXPECT_EQ(&reader_.Current(), second.lock().get());
  EXPECT_TRUE(first.expired());
}

TEST_F(CatalogReaderTest, KeepsAnOldOneForTheJobsThatHoldIt) {
  const auto old = Publish();
  reader_.Current();
  CatalogReader::Pin* const one = reader_.Hold();
  CatalogReader::Pin* const two = reader_.Hold();
  Publish();
  reader_.Current();
  CatalogReader::Pin* const newer = reader_.Hold();
  reader_.Release(one);
  EXPECT_FALSE(old.expired());
  reader_.Release(two);
  EXPECT_TRUE(old.expired());
  reader_.Release(newer);
}

TEST_F(CatalogReaderTest, LetsGoOfTheNewestWhileItRests) {
  const auto first = Publish();
  reader_.Current();
  reader_.Rest();
  Publish();
  EXPECT_TRUE(first.expired());
}

TEST_F(CatalogReaderTest, RestsWithoutLettingGoOfWhatIsHeld) {
  const auto first = Publish();
  reader_.Current();
  CatalogReader::Pin* const pin = reader_.Hold();
  reader_.Rest();
  Publish();
  EXPECT_FALSE(first.expired());
  reader_.Current();
  reader_.Release(pin);
  EXPECT_TRUE(first.expired());
}

TEST_F(CatalogReaderTest, MayRestWithNothing) {
  reader_.Rest();
  reader_.Rest();
  EXPECT_EQ(reader_.Current().entries().size(), 0u);
}

}  // namespace
}  // namespace hillock::lifecycle
