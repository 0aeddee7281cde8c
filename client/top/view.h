// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TOP_VIEW_H_
#define HILLOCK_CLIENT_TOP_VIEW_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/text/terminal.h"
#include "client/top/key.h"
#include "client/top/snapshot.h"

namespace hillock::client {

struct ScreenSize {
  size_t rows = 24;
  size_t columns = 80;
};

// What `hillock top` shows, and how keys change it. Pure.
//
//     overview --enter--> a model --back, or the model is gone--> overview
//        |                   |
//        +-------quit--------+--> done
//
// In the overview up and down choose a model, sort changes the column that models are sorted by,
// and reverse the direction.
class TopView {
 public:
  // `title` is the server's address.
  TopView(std::string title, Look look) : title_(std::move(title)), look_(look) {}

  void Update(TopSnapshot snapshot);

  // Why there is no newer snapshot; empty: there is.
  void SetError(std::string error) { error_ = std::move(error); }

  void OnKey(Key key);
  bool done() const { return done_; }

  // Lines for a screen of that size, none longer or more than it has.
  std::vector<std::string> Screen(const ScreenSize& size) const;

  // The overview in full, for a file.
  std::string Text() const;

 private:
  enum class Sort { kRequests, kP99, kQueue, kFailures, kName };

  // What is between heading and help.
  struct Body {
    std::vector<std::string> lines;
    std::optional<size_t> chosen;  // the line of the chosen model
  };

  const TopModel* Chosen() const;  // null: there is no model, or it is gone
  size_t ChosenIndex() const;
  void SortModels();
  void Move(int by);
  std::string Heading() const;
  Body Overview(size_t rows) const;
  Body ModelBody() const;
  std::string Help() const;

  std::string title_;
  Look look_;
  TopSnapshot snapshot_;
  std::string error_;
  std::string chosen_;  // a model's name; empty: the first
  Sort sort_ = Sort::kRequests;
  bool reverse_ = false;
  bool inside_ = false;  // shows the chosen model
  bool done_ = false;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TOP_VIEW_H_
