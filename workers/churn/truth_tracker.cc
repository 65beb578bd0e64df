#include "workers/churn/truth_tracker.h"

#include <algorithm>

namespace dst_load::workers::churn {

using measure::Change;
using measure::Endpoint;

TruthTracker::TruthTracker(const std::vector<std::string>& service_names) : services_(service_names.size()) {
  for (std::uint32_t i = 0; i < service_names.size(); ++i) index_[service_names[i]] = i;
}

void TruthTracker::Restore(const measure::TruthState& state) {
  seq_ = state.seq;
  for (std::size_t i = 0; i < services_.size() && i < state.services.size(); ++i) {
    services_[i].published = {state.services[i].begin(), state.services[i].end()};
  }
}

void TruthTracker::Scale(const ScaleEvent& event) {
  Service& service = services_[event.service];
  service.newest = event;
  const std::uint64_t difference = event.to > event.from ? event.to - event.from : event.from - event.to;
  (event.direction == Direction::kUp ? service.up : service.down) = Cause{event.t0, difference};
  // A service may be at its target already because what the event before asked for is still to come. Where a worker
  // before us sent the event, it is because the event is done.
  if (!event.counted && service.published.size() == event.to) service.up = service.down = Cause{};
}

std::vector<Change> TruthTracker::Apply(const SliceView& slice, WallTime t1) {
  if (relisted_) {
    (*relisted_)[slice.name] = slice;
    return {};
  }
  std::vector<Change> changes;
  SliceView& known = slices_[slice.name];
  if (!known.service.empty() && known.service != slice.service) changes = Remove(slice.name, t1);

  SliceView& old = slices_[slice.name];
  std::set<Endpoint> touched;
  std::set_symmetric_difference(old.ready.begin(), old.ready.end(), slice.ready.begin(), slice.ready.end(),
                                std::inserter(touched, touched.end()));
  Hold(old, -1);
  Hold(slice, +1);
  old = slice;
  if (const auto* index = IndexOf(slice.service)) Publish(*index, touched, t1, changes);
  return changes;
}

std::vector<Change> TruthTracker::Remove(const std::string& slice_name, WallTime t1) {
  if (relisted_) {
    relisted_->erase(slice_name);
    return {};
  }
  const auto found = slices_.find(slice_name);
  if (found == slices_.end()) return {};
  const SliceView gone = std::move(found->second);
  slices_.erase(found);
  Hold(gone, -1);
  std::vector<Change> changes;
  if (const auto* index = IndexOf(gone.service)) Publish(*index, gone.ready, t1, changes);
  return changes;
}

void TruthTracker::Restarted() { relisted_.emplace(); }

std::vector<Change> TruthTracker::Synced(WallTime t1) {
  if (!relisted_) return {};
  slices_ = std::move(*relisted_);
  relisted_.reset();
  for (Service& service : services_) service.held.clear();
  for (const auto& [name, slice] : slices_) Hold(slice, +1);

  std::vector<Change> changes;
  for (std::uint32_t i = 0; i < services_.size(); ++i) {
    std::set<Endpoint> touched = services_[i].published;
    for (const auto& [endpoint, count] : services_[i].held) touched.insert(endpoint);
    Publish(i, touched, t1, changes);
  }
  return changes;
}

void TruthTracker::Hold(const SliceView& slice, int by) {
  const auto* index = IndexOf(slice.service);
  if (index == nullptr) return;
  auto& held = services_[*index].held;
  for (const Endpoint& endpoint : slice.ready) {
    const auto at = held.try_emplace(endpoint, 0).first;
    at->second += by;
    if (at->second <= 0) held.erase(at);
  }
}

void TruthTracker::Publish(std::uint32_t service, const std::set<Endpoint>& touched, WallTime t1,
                           std::vector<Change>& out) {
  Service& known = services_[service];
  for (const Endpoint& endpoint : touched) {
    if (!known.held.contains(endpoint) && known.published.erase(endpoint) > 0) {
      out.push_back(MakeChange(service, endpoint, false, t1));
    }
  }
  for (const Endpoint& endpoint : touched) {
    if (known.held.contains(endpoint) && known.published.insert(endpoint).second) {
      out.push_back(MakeChange(service, endpoint, true, t1));
    }
  }
}

Change TruthTracker::MakeChange(std::uint32_t service, const Endpoint& endpoint, bool added, WallTime t1) {
  Change change{++seq_, service, endpoint, added, std::nullopt, t1};
  Service& known = services_[service];
  Cause& cause = added ? known.up : known.down;
  if (cause.left > 0) {
    change.t0 = cause.t0;
    --cause.left;
  }
  const bool its_way = added == (known.newest.direction == Direction::kUp);
  if (its_way && known.published.size() == known.newest.to) known.up = known.down = Cause{};  // settled
  return change;
}

measure::TruthState TruthTracker::State() const {
  measure::TruthState state{seq_, {}};
  for (const Service& service : services_) {
    state.services.emplace_back(service.published.begin(), service.published.end());
  }
  return state;
}

std::uint64_t TruthTracker::Size() const {
  std::uint64_t size = 0;
  for (const Service& service : services_) size += service.published.size();
  return size;
}

const std::uint32_t* TruthTracker::IndexOf(const std::string& service) const {
  const auto found = index_.find(service);
  return found == index_.end() ? nullptr : &found->second;
}

}  // namespace dst_load::workers::churn
