#include "workers/reference/stream_faults.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace dst_load::workers::reference {
struct StreamFaults::Draft {
  Message message;
  bool first = false;  ///< of its stream
};

StreamFaults::StreamFaults(const FaultPlan& plan, Target target, std::uint64_t stream, FaultCounts& counts)
    : plan_(plan), target_(std::move(target)), stream_(stream), counts_(counts) {}

std::vector<StreamFaults::Message> StreamFaults::Tell(const EndpointSet& truth, const std::optional<Endpoint>& gone) {
  if (silenced_) return {};
  Distort(truth, gone);
  auto wanted = Wanted(truth);
  auto difference = Diff(told_, wanted);
  told_ = std::move(wanted);
  std::vector<Draft> drafts;
  if (!difference.added.empty()) drafts.push_back({{.added = std::move(difference.added), .removed = {}, .end = {}}});
  if (!difference.removed.empty()) {
    drafts.push_back({{.added = {}, .removed = std::move(difference.removed), .end = {}}});
  }
  if (drafts.empty()) return {};
  drafts.front().first = !std::exchange(spoken_, true);
  for (const auto& fault : plan_.Faults()) Apply(fault.kind, drafts, truth);
  std::vector<Message> messages;
  for (auto& draft : drafts) messages.push_back(std::move(draft.message));
  return messages;
}

bool StreamFaults::Strikes(FaultKind kind) {
  if (!plan_.Has(kind)) return false;
  return plan_.Strikes(kind, target_, stream_, opportunities_[static_cast<std::size_t>(kind)]++);
}

// At the opportunity that struck last.
std::uint64_t StreamFaults::Choose(FaultKind kind, std::uint64_t bound) const {
  return plan_.Choose(kind, target_, stream_, opportunities_[static_cast<std::size_t>(kind)] - 1, bound);
}

EndpointSet StreamFaults::Wanted(const EndpointSet& truth) const {
  EndpointSet wanted;
  std::set_difference(truth.begin(), truth.end(), left_out_.begin(), left_out_.end(),
                      std::inserter(wanted, wanted.end()));
  wanted.insert(lingering_.begin(), lingering_.end());
  return wanted;
}

// Decides what is left out of the set and what lingers in it.
void StreamFaults::Distort(const EndpointSet& truth, const std::optional<Endpoint>& gone) {
  std::erase_if(left_out_, [&](const Endpoint& endpoint) { return !truth.contains(endpoint); });
  std::erase_if(lingering_, [&](const Endpoint& endpoint) { return IsUsed(truth, endpoint); });
  if (spoken_) {
    for (const auto& endpoint : Diff(told_, Wanted(truth)).added) {
      if (!Strikes(FaultKind::kDropAdd)) continue;
      Count(FaultKind::kDropAdd);
      left_out_.insert(endpoint);
    }
  }
  const auto difference = Diff(told_, Wanted(truth));
  for (const auto& endpoint : difference.removed) {
    if (!Strikes(FaultKind::kDropRemove)) continue;
    Count(FaultKind::kDropRemove);
    lingering_.insert(endpoint);
  }
  if (difference.added.empty()) return;
  if (!spoken_ && gone && Strikes(FaultKind::kStale)) {
    Count(FaultKind::kStale);
    lingering_.insert(*gone);
  }
  if (Strikes(FaultKind::kUnknown)) {
    Count(FaultKind::kUnknown);
    lingering_.insert(MakeUpEndpoint(difference.added.front().port));
  }
}

// In 198.18.0.0/15, which is nobody's, at an address that this stream does not hold yet.
Endpoint StreamFaults::MakeUpEndpoint(std::uint16_t port) {
  constexpr std::uint64_t kAddresses = 1U << 17U;
  Endpoint endpoint{"", port, ""};
  auto host = Choose(FaultKind::kUnknown, kAddresses);
  for (std::uint64_t tries = 0; tries < kAddresses; ++tries, host = (host + 1) % kAddresses) {
    endpoint.ip = fmt::format("198.{}.{}.{}", 18 + (host >> 16U), (host >> 8U) % 256, host % 256);
    endpoint.pod = fmt::format("unknown-{}", host);
    if (!IsUsed(lingering_, endpoint)) break;
  }
  return endpoint;
}

void StreamFaults::Apply(FaultKind kind, std::vector<Draft>& drafts, const EndpointSet& truth) {
  switch (kind) {
    case FaultKind::kDuplicate:
      return Duplicate(drafts);
    case FaultKind::kFlap:
      return Flap(drafts, truth);
    case FaultKind::kStall:
      return Stall(drafts);
    case FaultKind::kReset:
      return End(kind, StreamEnding::kUnavailable, drafts);
    case FaultKind::kOverflow:
      return End(kind, StreamEnding::kOverflow, drafts);
    case FaultKind::kDelay:
      for (auto& draft : drafts) {
        if (!Strikes(kind)) continue;
        Count(kind);
        draft.message.delay = plan_.Delay();
      }
      return;
    case FaultKind::kWrongMetadata:
      for (auto& draft : drafts) {
        if (draft.message.added.empty() || !Strikes(kind)) continue;
        Count(kind);
        draft.message.wrong_metadata = true;
      }
      return;
    case FaultKind::kSilentEmpty:
      if (drafts.empty() || !drafts.front().first || !Strikes(kind)) return;
      Count(kind);
      silenced_ = true;
      drafts.clear();
      return;
    case FaultKind::kDropAdd:
    case FaultKind::kDropRemove:
    case FaultKind::kStale:
    case FaultKind::kUnknown:
    case FaultKind::kBlock:
      return;  // of the set, or of all streams together
  }
}

void StreamFaults::Duplicate(std::vector<Draft>& drafts) {
  std::vector<Draft> out;
  for (auto& draft : drafts) {
    out.push_back(draft);
    if (!Strikes(FaultKind::kDuplicate)) continue;
    Count(FaultKind::kDuplicate);
    out.push_back({draft.message});
    out[out.size() - 2].message.end.reset();  // behind both
  }
  drafts = std::move(out);
}

// The endpoint is one that is ready and that the stream was told of: it goes, and comes back at once.
void StreamFaults::Flap(std::vector<Draft>& drafts, const EndpointSet& truth) {
  std::vector<Endpoint> ready;
  std::set_intersection(told_.begin(), told_.end(), truth.begin(), truth.end(), std::back_inserter(ready));
  if (ready.empty()) return;
  std::vector<Draft> out;
  for (auto& draft : drafts) {
    out.push_back(std::move(draft));
    if (!Strikes(FaultKind::kFlap)) continue;
    Count(FaultKind::kFlap);
    const Endpoint& endpoint = ready[Choose(FaultKind::kFlap, ready.size())];
    const auto end = std::exchange(out.back().message.end, std::nullopt);
    out.push_back({{.added = {}, .removed = {endpoint}, .end = {}}});
    out.push_back({{.added = {endpoint}, .removed = {}, .end = end}});
  }
  drafts = std::move(out);
}

void StreamFaults::Stall(std::vector<Draft>& drafts) {
  const auto last = std::find_if(drafts.begin(), drafts.end(),
                                 [this](const Draft& draft) { return !draft.first && Strikes(FaultKind::kStall); });
  if (last == drafts.end()) return;
  Count(FaultKind::kStall);
  silenced_ = true;
  drafts.erase(last, drafts.end());
}

void StreamFaults::End(FaultKind kind, StreamEnding ending, std::vector<Draft>& drafts) {
  const auto last = std::find_if(drafts.begin(), drafts.end(), [&](const Draft&) { return Strikes(kind); });
  if (last == drafts.end()) return;
  Count(kind);
  silenced_ = true;
  last->message.end = ending;
  drafts.erase(std::next(last), drafts.end());
}

}  // namespace dst_load::workers::reference
