#include "measure/early_queue.h"

#include <algorithm>

namespace dst_load::measure {
namespace {

/// The end of the run of sights of one stream that starts at `begin`.
std::size_t RunEnd(const std::vector<EarlySight>& sights, std::size_t begin) {
  std::size_t end = begin;
  while (end < sights.size() && sights[end].stream == sights[begin].stream) ++end;
  return end;
}

}  // namespace

void EarlyQueue::Push(const EarlySight& sight) {
  streams_.Add(sight.stream);
  sights_.push_back(sight);
}

bool EarlyQueue::CancelInferredRemoval(std::uint32_t stream) {
  if (!Has(stream)) return false;
  const auto newest = std::find_if(sights_.rbegin(), sights_.rend(), [&](const auto& s) { return s.stream == stream; });
  if (!newest->inferred) return false;
  sights_.erase(std::next(newest).base());
  const auto same = [&](const auto& s) { return s.stream == stream; };
  if (std::none_of(sights_.begin(), sights_.end(), same)) streams_.Remove(stream);
  return true;
}

std::uint32_t EarlyQueue::Forget(std::uint32_t stream) {
  if (!streams_.Remove(stream)) return 0;
  return static_cast<std::uint32_t>(std::erase_if(sights_, [&](const auto& s) { return s.stream == stream; }));
}

void EarlyQueue::MoveTo(EarlyQueue& to, const StreamSet& streams) {
  EarlyQueue rest;
  for (const EarlySight& sight : sights_) (streams.Has(sight.stream) ? to : rest).Push(sight);
  *this = std::move(rest);
}

void EarlyQueue::SortByStream() {
  std::stable_sort(sights_.begin(), sights_.end(), [](const auto& a, const auto& b) { return a.stream < b.stream; });
}

std::vector<EarlyQueue::Answer> EarlyQueue::AnswerChange(bool added, WallTime t1, Micros lead) {
  std::vector<Answer> answers;
  SortByStream();
  EarlyQueue rest;
  for (std::size_t begin = 0, end = 0; begin < sights_.size(); begin = end) {
    end = RunEnd(sights_, begin);
    std::size_t next = begin;
    while (next < end && sights_[next].added != added) ++next;
    while (end - next >= 2 && sights_[next].t2 + lead < t1) next += 2;
    Answer answer{sights_[begin].stream, std::nullopt, 0, {}};
    answer.unasked.assign(sights_.begin() + static_cast<std::ptrdiff_t>(begin),
                          sights_.begin() + static_cast<std::ptrdiff_t>(next));
    if (next < end) answer.t2 = sights_[next++].t2;
    answer.dropped = static_cast<std::uint32_t>(next - begin);
    answers.push_back(std::move(answer));
    for (; next < end; ++next) rest.Push(sights_[next]);
  }
  *this = std::move(rest);
  return answers;
}

std::vector<EarlyQueue::Expired> EarlyQueue::Expire(WallTime before) {
  std::vector<Expired> expired;
  SortByStream();
  EarlyQueue rest;
  for (std::size_t begin = 0, end = 0; begin < sights_.size(); begin = end) {
    end = RunEnd(sights_, begin);
    Expired one{sights_[begin].stream, 0, false, {}, {}};
    std::size_t next = begin;
    for (; next < end && sights_[next].t2 < before; ++next) {
      one.since = sights_[next].t2;
      one.sights.push_back(sights_[next]);
    }
    one.dropped = static_cast<std::uint32_t>(next - begin);
    one.last = next == end;
    if (one.dropped > 0) expired.push_back(std::move(one));
    for (; next < end; ++next) rest.Push(sights_[next]);
  }
  *this = std::move(rest);
  return expired;
}

WallTime EarlyQueue::Oldest() const {
  return std::min_element(sights_.begin(), sights_.end(), [](const auto& a, const auto& b) { return a.t2 < b.t2; })->t2;
}

}  // namespace dst_load::measure
