// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_manager.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <set>
#include <utility>

#include "server/lifecycle/model_compiler.h"
#include "server/lifecycle/served_model.h"
#include "server/lifecycle/stopping.h"
#include "server/metrics/registry.h"

namespace hillock::lifecycle {

using repository::Candidates;
using repository::ModelListing;
using repository::VersionListing;

namespace {

// A model whose files are larger may take so long that what is not published yet must not wait.
constexpr uint64_t kMaxBytesUnpublished = 1 << 20;

// Trimming locks the heap, which requests need. While models come and go it would be done in vain.
constexpr int kSweepsBeforeTrim = 50;

using Listings = std::vector<ModelListing>;

bool HasVersions(const Listings& listings) {
  return std::ranges::any_of(listings, [](const auto& model) { return !model.versions.empty(); });
}

std::set<std::string_view> NamesOf(const Listings& listings) {
  std::set<std::string_view> names;
  for (const ModelListing& listing : listings) names.insert(listing.name);
  return names;
}

uint64_t BytesOf(const ModelListing& listing) {
  uint64_t bytes = 0;
  for (const VersionListing& version : listing.versions) {
    for (const repository::FileMark& file : version.files) bytes += file.bytes;
  }
  return bytes;
}

}  // namespace

ModelManager::ModelManager(repository::Repository repository, ModelCompiler& compiler,
                           CatalogHolder& catalogs, metrics::Registry& registry, Listener& listener,
                           std::stop_token stop)
    : repository_(std::move(repository)),
      compiler_(compiler),
      catalogs_(catalogs),
      registry_(registry),
      listener_(listener),
      stop_(std::move(stop)) {}

absl::Status ModelManager::LoadAll() { return Update(When::kAtOnce); }

absl::Status ModelManager::Follow() { return Update(When::kSettled); }

bool ModelManager::VersionState::IsChanging() const { return !tried || tried->files != seen; }

bool ModelManager::ModelState::Serves() const {
  return std::ranges::any_of(versions, [](const auto& v) { return v.second.served != nullptr; });
}

bool ModelManager::Serves() const {
  return std::ranges::any_of(models_, [](const auto& model) { return model.second.Serves(); });
}

bool ModelManager::IsSettled() {
  Listings listings = repository_.List().value_or(Listings());
  const bool same = !waited_ || *waited_ == listings;
  waited_ = std::move(listings);
  return same && HasVersions(*waited_);
}

absl::StatusOr<ModelManager::Listings> ModelManager::Look() {
  absl::StatusOr<Listings> listings = repository_.List();
  if (listings.ok() && !HasVersions(*listings) && Serves()) {
    listings = absl::FailedPreconditionError("it has no version of any model any more");
  }
  if (root_ != listings.status()) changed_ = true;
  root_ = listings.status();
  if (!root_.ok()) Publish();
  return listings;
}

// What is gone leaves the catalog before anything is loaded, since loading may take minutes and may
// need the memory. What comes is in it from the beginning, as a model that is not there yet. Each
// model is published as soon as it is through, so that it does not wait for those after it, unless
// they are small.
absl::Status ModelManager::Update(When when) {
  HILLOCK_ASSIGN_OR_RETURN(const Listings listings, Look());
  RemoveMissing(listings, when);
  AddMissing(listings, absl::UnavailableError("it is being loaded"));
  Publish();
  for (const ModelListing& listing : listings) {
    if (stopping()) break;
    if (BytesOf(listing) > kMaxBytesUnpublished) Publish();
    UpdateModel(listing, when);
    PublishInTime();
  }
  Publish();
  return CheckNotStopping(stop_);
}

void ModelManager::AddMissing(const Listings& listings, const absl::Status& why) {
  for (const ModelListing& listing : listings) {
    changed_ |= models_.try_emplace(listing.name, ModelState{why}).second;
  }
}

// What is neither loaded nor has failed to be is forgotten and listed anew, so that it goes when
// its folder goes.
absl::Status ModelManager::List() {
  const auto listings = Look();
  if (!listings.ok()) return models_.empty() ? listings.status() : absl::OkStatus();
  const std::set<std::string_view> names = NamesOf(*listings);
  changed_ |= std::erase_if(models_, [&](const auto& model) {
                const auto& [name, state] = model;
                return state.versions.empty() && !names.contains(name);
              }) > 0;
  AddMissing(*listings, absl::UnavailableError("it is not loaded"));
  Publish();
  return absl::OkStatus();
}

absl::Status ModelManager::Load(std::string_view name) {
  HILLOCK_ASSIGN_OR_RETURN(const Listings listings, Look());
  const auto listing = std::ranges::find(listings, name, &ModelListing::name);
  if (listing == listings.end()) {
    return absl::NotFoundError(
        fmt::format("failed to load '{}': it is not in the repository", Excerpt(name)));
  }
  UpdateModel(*listing, When::kAtOnce);
  Publish();
  return Annotate(ErrorOf(models_.find(name)->second), fmt::format("failed to load '{}'", name));
}

// Needs no repository for what is loaded.
absl::Status ModelManager::Unload(std::string_view name) {
  const absl::Status listed = List();
  const auto it = models_.find(name);
  if (it == models_.end()) {
    HILLOCK_RETURN_IF_ERROR(listed);
    return absl::NotFoundError(fmt::format(
        "failed to unload '{}': it is neither loaded nor in the repository", Excerpt(name)));
  }
  RetireAll(it->second);
  models_.erase(it);
  changed_ = true;
  List().IgnoreError();  // which the next call reports
  Publish();
  return absl::OkStatus();
}

// The error of the highest version that has one.
absl::Status ModelManager::ErrorOf(const ModelState& state) {
  if (!state.refused.ok()) return state.refused;
  const auto failed = std::find_if(state.versions.rbegin(), state.versions.rend(),
                                   [](const auto& v) { return !v.second.refused.ok(); });
  return failed == state.versions.rend() ? absl::OkStatus() : failed->second.refused;
}

// With kSettled, what serves is removed by the second scan without it: a folder that is replaced by
// renaming is away for a moment.
void ModelManager::RemoveMissing(const Listings& listings, When when) {
  const std::set<std::string_view> names = NamesOf(listings);
  for (auto& [name, state] : models_) {
    if (names.contains(name)) continue;
    const bool was_there = !std::exchange(state.present, {}).empty();
    if (when == When::kSettled && was_there && state.Serves()) continue;
    RetireAll(state);
  }
  changed_ |= std::erase_if(models_, [&](const auto& model) {
                return !names.contains(model.first) && model.second.versions.empty();
              }) > 0;
}

// Options that make no sense leave everything as it is: the versions that serve were loaded with
// options that did. So does the first scan that misses a version. A model without any version
// folder is as good as gone, so its versions retire.
void ModelManager::UpdateModel(const ModelListing& listing, When when) {
  ModelState& state = models_[listing.name];
  if (!listing.options.ok()) {
    return Refuse(listing.name, 0, listing.options.status(), state.refused);
  }
  std::vector<int64_t> present;
  present.reserve(listing.versions.size());
  for (const VersionListing& version : listing.versions) present.push_back(version.number);
  const std::vector<int64_t> before = std::exchange(state.present, present);
  const bool misses_some = !std::ranges::includes(present, before);
  if (when == When::kSettled && misses_some && state.Serves()) return;
  const Candidates candidates = CandidatesOf(listing.options->versions, present);
  if (candidates.numbers.empty()) {
    RetireAll(state);
    const auto none = absl::NotFoundError(fmt::format("{}: has no version folder such as {}/1{}",
                                                      listing.name, listing.name, listing.instead));
    return Refuse(listing.name, 0, none, state.refused);
  }
  changed_ |= !state.refused.ok();
  state.refused = absl::OkStatus();
  UpdateVersions(listing, candidates, when, state);
}

// Tries the candidates from the highest down until as many serve as the policy wants. Each takes
// its state along from `before`; what is left there is no candidate any more, or not needed, and is
// retired. That comes last: the version that replaces another is ready by then. While it is not, as
// its files are still changing, what is left goes on serving.
void ModelManager::UpdateVersions(const ModelListing& listing, const Candidates& candidates,
                                  When when, ModelState& state) {
  ModelState before;
  before.versions = std::exchange(state.versions, {});
  size_t serving = 0;
  bool changing = false;
  for (const int64_t number : candidates.numbers) {
    if (serving == candidates.wanted) break;
    VersionState& version = state.versions[number];
    if (auto known = before.versions.extract(number)) version = std::move(known.mapped());
    UpdateVersion(listing, number, when, version);
    serving += version.served != nullptr;
    changing |= version.served == nullptr && version.IsChanging();
  }
  if (changing && serving < candidates.wanted) state.versions.merge(before.versions);
  RetireAll(before);
}

// One step of the state diagram in the header. A refused version is tried again only when somebody
// asks (kAtOnce): a scan would fail on the same bytes every time.
void ModelManager::UpdateVersion(const ModelListing& listing, int64_t number, When when,
                                 VersionState& state) {
  const VersionListing* const version = listing.Find(number);
  const auto files = version == nullptr ? std::vector<repository::FileMark>() : version->files;
  const bool settled = when == When::kAtOnce || state.seen == files;
  state.seen = files;
  const bool known = state.tried == Attempt{files, *listing.options};
  if (known && (state.refused.ok() || when == When::kSettled)) return;
  if (settled) return Try(listing, number, state);
  if (state.served != nullptr) return;
  state.refused = absl::UnavailableError("its files are still changing");
  changed_ = true;
}

absl::StatusOr<std::shared_ptr<ServedModel>> ModelManager::Make(const ModelListing& listing,
                                                                int64_t number) const {
  HILLOCK_ASSIGN_OR_RETURN(const auto mlp, repository_.Read(listing, number));
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop_));
  return compiler_.Compile(listing.name, number, mlp, *listing.options);
}

// `tried` is set before reading, so that what fails counts as tried. What served is let go of only
// when its successor is ready; until then both are in memory.
void ModelManager::Try(const ModelListing& listing, int64_t number, VersionState& state) {
  state.tried = {state.seen, *listing.options};
  auto served = Make(listing, number);
  if (!served.ok()) return Refuse(listing.name, number, served.status(), state.refused);
  Retire(state);
  state.refused = absl::OkStatus();
  state.served = *std::move(served);
  changed_ = true;
  listener_.Loaded(*state.served);
}

// The same refusal twice is no news: a scan finds it every time.
void ModelManager::Refuse(const std::string& model, int64_t version, const absl::Status& why,
                          absl::Status& refused) {
  if (refused == why) return;
  refused = why;
  changed_ = true;
  listener_.Refused(model, version, why);
}

// The catalog in force still has the model, and so may pins of older catalogs. The reference that
// is kept here makes sure that the last one to let go is Sweep(), on this thread, and not a
// reactor.
void ModelManager::Retire(VersionState& state) {
  if (state.served == nullptr) return;
  changed_ = true;
  listener_.Unloaded(*state.served);
  retired_.push_back(std::exchange(state.served, nullptr));
}

void ModelManager::RetireAll(ModelState& state) {
  for (auto& [number, version] : state.versions) Retire(version);
  changed_ |= !state.versions.empty();
  state.versions.clear();
}

// use_count() == 1 is final, since all other references come from catalogs, and those that had the
// model are gone. It is a relaxed load, but dropping our reference is an acquire-release decrement
// after theirs, so the destructor sees all that the reactors have written.
bool ModelManager::Sweep() {
  if (std::erase_if(retired_, [](const auto& model) { return model.use_count() == 1; }) > 0) {
    quiet_sweeps_ = 0;
  } else if (retired_.empty() && ++quiet_sweeps_ == kSweepsBeforeTrim) {
    malloc_trim(0);  // else glibc keeps most of a model's memory for later
  }
  return !retired_.empty() || quiet_sweeps_ < kSweepsBeforeTrim;
}

void ModelManager::AddEntries(const std::string& name, const ModelState& state,
                              std::vector<CatalogEntry>& entries) const {
  if (state.versions.empty()) entries.push_back({name, 0, state.refused});
  for (const auto& [number, version] : state.versions) {
    const absl::Status& refused = state.refused.ok() ? version.refused : state.refused;
    if (version.served == nullptr) {
      entries.push_back({name, number, refused});
    } else {
      entries.push_back(
          {name, number, version.served, root_.ok() ? refused : Annotate(root_, "the repository")});
    }
  }
}

// Everything that has changed since the last call becomes visible at once, with one catalog.
void ModelManager::Publish() {
  if (!std::exchange(changed_, false)) return;
  const Nanos start = Clock::Monotonic().Now();
  std::vector<CatalogEntry> entries;
  for (const auto& [name, state] : models_) AddEntries(name, state, entries);
  std::vector<metrics::Registry::VersionState> states;
  states.reserve(entries.size());
  for (const CatalogEntry& entry : entries) {
    states.push_back({entry.model, entry.version > 0 ? std::to_string(entry.version) : "",
                      std::string(entry.state())});
  }
  registry_.SetModelStates(std::move(states));
  catalogs_.Publish(std::make_shared<const Catalog>(std::move(entries)));
  published_ = Clock::Monotonic().Now();
  publishing_took_ = published_ - start;
  listener_.Published();
}

// A catalog takes as long as there are models. Made for each of thousands, it would make their
// number count twice; so it takes a tenth of the time at most.
void ModelManager::PublishInTime() {
  if (Clock::Monotonic().Now() - published_ >= 9 * publishing_took_) Publish();
}

}  // namespace hillock::lifecycle
