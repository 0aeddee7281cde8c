// SPDX-License-Identifier: Apache-2.0
#include "client/top/view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "client/text/table.h"
#include "client/top/tables.h"

namespace hillock::client {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr ScreenSize kWide{30, 160};

TopModel Model(const std::string& name, double rate) {
  TopModel model;
  model.name = name;
  model.state = "READY";
  model.requests_per_second = rate;
  model.queue_rows = 100 - rate;
  return model;
}

TopSnapshot Sample() {
  TopSnapshot snapshot;
  snapshot.models = {Model("a", 10), Model("b", 30), Model("c", 20)};
  snapshot.activations = {{"relu", "onednn", 1e6, 2, 0.2}};
  snapshot.layers = {{"a", "layer0", "sigmoid", 0.9, 2}, {"b", "layer0", "relu", 0.5, 7}};
  snapshot.reactors = {{"0", 0.75, 4, 2}};
  snapshot.process = {1.5, 64.0 * (1 << 20), 20, 7300};
  return snapshot;
}

TopView ViewOf(const TopSnapshot& snapshot) {
  TopView view("host:1", Look());
  view.Update(snapshot);
  return view;
}

// The names of the models in their order, the chosen one in brackets.
std::string Models(const TopView& view, const ScreenSize& size = kWide) {
  std::string names;
  for (std::string line : view.Screen(size)) {
    const bool is_chosen = line.starts_with("\x1b[7m");
    if (is_chosen) line = line.substr(4);
    if (line.find("READY") == std::string::npos) continue;
    const std::string name = line.substr(0, line.find(' '));
    names += is_chosen ? "[" + name + "]" : name;
  }
  return names;
}

TEST(TopViewTest, ShowsEverything) {
  const TopView view = ViewOf(Sample());
  EXPECT_THAT(view.Screen(kWide),
              AllOf(Contains(StartsWith("hillock host:1  up 2 h 1 min  cpu 150.0%  memory 64 MiB")),
                    Contains(HasSubstr("relu")), Contains(HasSubstr("75.0%")),
                    Contains(HasSubstr("sort (requests/s)"))));
}

TEST(TopViewTest, KeysSortAndChoose) {
  struct Case {
    const char* keys;
    const char* models;
  };
  const Case cases[] = {{"", "[b]ca"},      {"r", "[a]cb"},    {"ss", "[a]cb"},   {"ssss", "[a]bc"},
                        {"sssss", "[b]ca"}, {"j", "b[c]a"},    {"jjjj", "bc[a]"}, {"jk", "[b]ca"},
                        {"kkk", "[b]ca"},   {"jssss", "ab[c]"}};
  for (const Case& c : cases) {
    TopView view = ViewOf(Sample());
    for (const Key key : KeysOf(c.keys)) view.OnKey(key);
    EXPECT_EQ(Models(view), c.models) << "'" << c.keys << "'";
  }
}

TEST(TopViewTest, LooksIntoAModelUntilItIsGone) {
  TopView view = ViewOf(Sample());
  view.OnKey(Key::kEnter);
  EXPECT_EQ(Models(view), "b");
  EXPECT_THAT(view.Screen(kWide), AllOf(Contains(HasSubstr("50.0%")), Contains(HasSubstr("layer0")),
                                        Not(Contains(HasSubstr("sigmoid")))));
  view.OnKey(Key::kBack);
  EXPECT_EQ(Models(view), "[b]ca");
  view.OnKey(Key::kEnter);
  TopSnapshot without = Sample();
  without.models.erase(without.models.begin() + 1);
  view.Update(without);
  EXPECT_EQ(Models(view), "[c]a");
}

TEST(TopViewTest, FitsAnyScreen) {
  TopSnapshot many = Sample();
  for (int i = 0; i < 100; ++i) many.models.push_back(Model(fmt::format("m{}", i), i));
  for (const size_t rows : {0u, 1u, 4u, 5u, 6u, 8u, 10u, 24u, 200u}) {
    for (const size_t columns : {1u, 20u, 80u}) {
      TopView view = ViewOf(many);
      for (int i = 0; i < 60; ++i) view.OnKey(Key::kDown);
      const auto screen = view.Screen({rows, columns});
      EXPECT_LE(screen.size(), rows);
      for (const std::string& line : screen) EXPECT_LE(DisplayWidth(line), columns);
      view.OnKey(Key::kEnter);
      EXPECT_LE(view.Screen({rows, columns}).size(), rows);
    }
  }
}

TEST(TopViewTest, ScrollsToTheChosenModel) {
  TopSnapshot many;
  for (int i = 0; i < 50; ++i) many.models.push_back(Model(fmt::format("m{}", 100 + i), 1));
  TopView view = ViewOf(many);
  for (int i = 0; i < 30; ++i) view.OnKey(Key::kDown);
  EXPECT_THAT(Models(view, {20, 160}), HasSubstr("[m130]"));
  EXPECT_THAT(view.Screen({20, 160}), Contains(HasSubstr(" more")));
}

TEST(TopViewTest, KeepsWhatItHasWhenTheServerIsGone) {
  TopView view = ViewOf(Sample());
  view.SetError("http://host:1/metrics: refused \x1b[2J");
  EXPECT_THAT(view.Screen(kWide), Contains(HasSubstr("refused \\x1b[2J")));
  EXPECT_EQ(Models(view), "[b]ca");
  view.Update(Sample());
  EXPECT_THAT(view.Screen(kWide), Not(Contains(HasSubstr("refused"))));
}

TEST(TopViewTest, AServerWithoutModelsIsShown) {
  TopView view = ViewOf(TopSnapshot());
  for (const Key key : KeysOf("jk\rsr")) view.OnKey(key);
  EXPECT_THAT(view.Screen(kWide), Contains("no model"));
}

TEST(TopViewTest, QuitsWhenTold) {
  TopView view = ViewOf(Sample());
  EXPECT_FALSE(view.done());
  view.OnKey(Key::kQuit);
  EXPECT_TRUE(view.done());
}

TEST(TopViewTest, ATextHasNoEscapesAndAllLayers) {
  const std::string text = ViewOf(Sample()).Text();
  EXPECT_THAT(text, AllOf(HasSubstr("sigmoid"), HasSubstr("90.0%"), Not(HasSubstr("\x1b"))));
}

TEST(CutToTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutTo("abc", 5), "abc");
  EXPECT_EQ(CutTo("abc", 2), "ab");
  EXPECT_EQ(CutTo("a\u00e9b", 2), "a\u00e9");
  EXPECT_EQ(CutTo("a\u00e9b", 1), "a");
  EXPECT_EQ(CutTo("\u4e2d\u4e2d", 3), "\u4e2d");
  EXPECT_EQ(CutTo("abc", 0), "");
}

}  // namespace
}  // namespace hillock::client
