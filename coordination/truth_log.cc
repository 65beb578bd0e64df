#include "coordination/truth_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace dst_load::coordination {
namespace {

void Fold(measure::TruthState& state, const measure::Change& change) {
  auto& endpoints = state.services[change.service];
  const auto at = std::lower_bound(endpoints.begin(), endpoints.end(), change.endpoint);
  const bool held = at != endpoints.end() && *at == change.endpoint;
  if (change.added && !held) endpoints.insert(at, change.endpoint);
  if (!change.added && held) endpoints.erase(at);
  state.seq = change.seq;
}

}  // namespace

void TruthLog::Reset(measure::TruthState state) {
  for (auto& endpoints : state.services) std::sort(endpoints.begin(), endpoints.end());
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
  for (auto it = fresh; it != changes.end(); ++it) {
    Fold(current_, *it);
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
