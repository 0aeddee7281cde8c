// SPDX-License-Identifier: Apache-2.0
#include "client/top/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"
#include "client/top/tables.h"

namespace hillock::client {
namespace {

constexpr std::array<const char*, 5> kSortNames{"requests/s", "p99", "queued", "failures/s",
                                                "name"};
constexpr double kMebibyte = 1 << 20;

double OrZero(double value) { return std::isnan(value) ? 0 : value; }

// The first `rows` of a table with its titles; its last line says how many more there are.
void AddTable(Lines table, size_t rows, Lines& lines) {
  if (table.size() <= 1 || rows < 2) return;
  if (table.size() > rows) {
    const size_t hidden = table.size() - rows + 1;
    table.resize(rows - 1);
    table.push_back(fmt::format("... {} more", hidden));
  }
  if (!lines.empty()) lines.emplace_back();
  std::ranges::move(table, std::back_inserter(lines));
}

// How many of `count` entries are left out above, so that `chosen` is among those that a table of
// `rows` lines shows between its titles and the line that says how many more there are.
size_t SkippedAbove(size_t count, size_t chosen, size_t rows) {
  constexpr size_t kAround = 2;
  if (count < rows || rows <= kAround) return 0;
  const size_t shown = rows - kAround;
  return chosen < shown ? 0 : chosen - shown + 1;
}

std::string DurationText(double seconds) {
  if (!(seconds >= 0)) return "-";
  const auto minutes = static_cast<uint64_t>(seconds / 60);
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 60 * 48) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} days", minutes / 60 / 24);
}

}  // namespace

void TopView::Update(TopSnapshot snapshot) {
  snapshot_ = std::move(snapshot);
  error_.clear();
  SortModels();
  if (Chosen() == nullptr) {
    inside_ = false;
    chosen_.clear();
  }
}

// The largest first, names from a to z; models that do not differ keep the order of their names.
void TopView::SortModels() {
  auto& models = snapshot_.models;
  std::ranges::sort(models, {}, &TopModel::name);
  const auto by = [&](double TopModel::*figure) {
    std::ranges::stable_sort(models, std::ranges::greater(),
                             [figure](const TopModel& model) { return OrZero(model.*figure); });
  };
  switch (sort_) {
    case Sort::kRequests:
      by(&TopModel::requests_per_second);
      break;
    case Sort::kP99:
      by(&TopModel::p99);
      break;
    case Sort::kQueue:
      by(&TopModel::queue_rows);
      break;
    case Sort::kFailures:
      by(&TopModel::failures_per_second);
      break;
    case Sort::kName:
      break;
  }
  if (reverse_) std::ranges::reverse(models);
}

const TopModel* TopView::Chosen() const {
  const auto& models = snapshot_.models;
  if (models.empty()) return nullptr;
  if (chosen_.empty()) return &models.front();
  const auto found = std::ranges::find(models, chosen_, &TopModel::name);
  return found == models.end() ? nullptr : &*found;
}

size_t TopView::ChosenIndex() const {
  const TopModel* const chosen = Chosen();
  return chosen == nullptr ? 0 : static_cast<size_t>(chosen - snapshot_.models.data());
}

void TopView::Move(int by) {
  if (Chosen() == nullptr) return;
  const auto last = static_cast<std::ptrdiff_t>(snapshot_.models.size()) - 1;
  const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(ChosenIndex()) + by;
  chosen_ = snapshot_.models[static_cast<size_t>(std::clamp<std::ptrdiff_t>(to, 0, last))].name;
}

void TopView::OnKey(Key key) {
  switch (key) {
    case Key::kUp:
      return Move(-1);
    case Key::kDown:
      return Move(1);
    case Key::kEnter:
      if (const TopModel* const chosen = Chosen(); chosen != nullptr) {
        chosen_ = chosen->name;
        inside_ = true;
      }
      return;
    case Key::kBack:
      inside_ = false;
      return;
    case Key::kSort:
      sort_ = static_cast<Sort>((static_cast<size_t>(sort_) + 1) % kSortNames.size());
      return SortModels();
    case Key::kReverse:
      reverse_ = !reverse_;
      return SortModels();
    case Key::kQuit:
      done_ = true;
      return;
  }
}

std::string TopView::Heading() const {
  const TopProcess& process = snapshot_.process;
  const double mebibytes = process.resident_bytes / kMebibyte;
  return fmt::format("hillock {}  up {}  cpu {}  memory {} MiB  files {}", title_,
                     DurationText(process.uptime), FormatPercent(process.cores),
                     FormatCount(mebibytes), FormatCount(process.open_files));
}

std::string TopView::Help() const {
  if (inside_) return "esc back  up down model  q quit";
  return fmt::format("up down choose  enter look into  s sort ({}{})  r reverse  q quit",
                     kSortNames[static_cast<size_t>(sort_)], reverse_ ? ", reversed" : "");
}

// Models get the rows that the others leave, at least half; a screen that is too small shows what
// comes first.
TopView::Body TopView::Overview(size_t rows) const {
  const Lines activations = ActivationTable(snapshot_.activations);
  const Lines reactors = ReactorTable(snapshot_.reactors);
  const size_t wanted = activations.size() + reactors.size() + 2;
  const size_t for_models = std::max(rows / 2, rows > wanted ? rows - wanted : 0);
  const size_t skipped = SkippedAbove(snapshot_.models.size(), ChosenIndex(), for_models);
  Body body{{}, ChosenIndex() - skipped + 1};
  Lines& lines = body.lines;
  AddTable(ModelTable(std::span(snapshot_.models).subspan(skipped)), for_models, lines);
  const size_t left =
      rows > lines.size() + reactors.size() + 2 ? rows - lines.size() - reactors.size() - 2 : 0;
  AddTable(activations, left, lines);
  AddTable(reactors, rows > lines.size() ? rows - lines.size() - 1 : 0, lines);
  return body;
}

TopView::Body TopView::ModelBody() const {
  Body body{ModelTable(std::span(Chosen(), 1)), std::nullopt};
  AddTable(LayerTable(snapshot_.layers, Chosen()->name), std::string::npos, body.lines);
  return body;
}

std::vector<std::string> TopView::Screen(const ScreenSize& size) const {
  constexpr size_t kFrame = 4;  // heading, a blank line before and after the body, and help
  const size_t rows = size.rows > kFrame ? size.rows - kFrame : 0;
  Body body = inside_ ? ModelBody() : Overview(rows);
  if (body.lines.empty()) body = {{"no model"}, std::nullopt};
  body.lines.resize(rows);
  std::vector<std::string> screen{
      Emphasize(CutTo(Heading(), size.columns), Accent::kBold, look_.ink),
      Emphasize(CutTo(Printable(error_), size.columns), Accent::kBad, look_.ink)};
  for (size_t i = 0; i < body.lines.size(); ++i) {
    std::string line = CutTo(body.lines[i], size.columns);
    if (i == body.chosen) line = "\x1b[7m" + Pad(line, size.columns, Align::kLeft) + "\x1b[0m";
    screen.push_back(std::move(line));
  }
  screen.emplace_back();
  screen.push_back(CutTo(Help(), size.columns));
  if (screen.size() > size.rows) screen.resize(size.rows);
  return screen;
}

std::string TopView::Text() const {
  Lines lines{Heading()};
  AddTable(ModelTable(snapshot_.models), std::string::npos, lines);
  AddTable(ActivationTable(snapshot_.activations), std::string::npos, lines);
  AddTable(ReactorTable(snapshot_.reactors), std::string::npos, lines);
  AddTable(LayerTable(snapshot_.layers, ""), std::string::npos, lines);
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

}  // namespace hillock::client
