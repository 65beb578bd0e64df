#include "coordination/truth_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace dst_load::coordination {
namespace {

/// By how many endpoints the state grew.
std::ptrdiff_t Fold(measure::TruthState& state, const measure::Change& change) {
  auto& endpoints = state.services[change.service];
  const auto at = std::lower_bound(endpoints.begin(), endpoints.end(), change.endpoint);
  const bool held = at != endpoints.end() && *at == change.endpoint;
  state.seq = change.seq;
  if (change.added == held) return 0;
  if (change.added) {
    endpoints.insert(at, change.endpoint);
    return 1;
  }
  endpoints.erase(at);
  return -1;
}

}  // namespace

void TruthLog::Reset(measure::TruthState state) {
  held_ = 0;
  for (auto& endpoints : state.services) {
    std::sort(endpoints.begin(), endpoints.end());
    held_ += endpoints.size();
  }
  known_ = true;
  base_ = state;
  current_ = std::move(state);
  history_.clear();
}

Status TruthLog::Append(std::span<const measure::Change> changes) {
  const auto fresh = std::find_if(changes.begin(), changes.end(), [&](const auto& c) { return c.seq > current_.seq; });
  if (fresh == changes.end()) return {};
  if (!known_) return Fail(Code::kInvalid, "append truth: no state to start from");
  measure::Seq expected = current_.seq + 1;
  for (auto it = fresh; it != changes.end(); ++it, ++expected) {
    if (it->seq != expected) {
      return Fail(Code::kInvalid, fmt::format("append truth: change {} after {}", it->seq, expected - 1));
    }
    if (it->service >= current_.services.size()) {
      return Fail(Code::kInvalid, fmt::format("append truth: service {} of {}", it->service, current_.services.size()));
    }
  }
  const auto added = std::count_if(fresh, changes.end(), [](const auto& change) { return change.added; });
  if (added > 0 && held_ + static_cast<std::size_t>(added) > max_endpoints_) {
    return Fail(Code::kThrottled, "append truth: too many endpoints");
  }
  for (auto it = fresh; it != changes.end(); ++it) {
    held_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(held_) + Fold(current_, *it));
    history_.push_back(*it);
    if (history_.size() > capacity_) {
      Fold(base_, history_.front());
      history_.pop_front();
    }
  }
  return {};
}

std::optional<std::vector<measure::Change>> TruthLog::Since(measure::Seq from, std::size_t limit) const {
  if (!known_ || from < base_.seq || from > current_.seq) return std::nullopt;
  const auto begin = history_.begin() + static_cast<std::ptrdiff_t>(from - base_.seq);
  const auto count = std::min(limit, static_cast<std::size_t>(history_.end() - begin));
  return std::vector<measure::Change>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

}  // namespace dst_load::coordination
