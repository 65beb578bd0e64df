#include "fault_oracle.h"

#include <arpa/inet.h>

#include <algorithm>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "proto/destination.pb.h"

namespace dst_load::workers::test {
namespace {

namespace dst = io::linkerd::proxy::destination;
using measure::Invariant;

// An endpoint of a service: address and Pod. All ports are the same here.
using One = std::pair<std::string, std::string>;
using Many = std::set<One>;

std::string TextOf(const dst::TcpAddress& address) {
  char text[INET_ADDRSTRLEN] = "";
  const in_addr v4{htonl(address.ip().ipv4())};
  inet_ntop(AF_INET, &v4, text, sizeof text);
  return text;
}

Many ManyOf(const Addresses& ready) {
  Many many;
  for (const auto& address : ready) many.emplace(address.ip, address.pod);
  return many;
}

Many Minus(const Many& from, const Many& what) {
  Many rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::inserter(rest, rest.end()));
  return rest;
}

Many And(const Many& one, const Many& other) {
  Many both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(), std::inserter(both, both.end()));
  return both;
}

}  // namespace

struct FaultOracle::Service {
  reference::Target target;
  Many truth;
  Many ever;             ///< true now or once
  unsigned changes = 0;  ///< since the last deadline
  bool emptied = false, filled = false;
  bool opened = false;  ///< a stream had its first message since the last deadline
  std::deque<Stream> streams;
};

struct FaultOracle::Stream final : reference::Topics::Subscriber {
  Stream(FaultOracle& o, Service& s) : oracle(o), service(s) {}

  void Tell(const reference::Message& message) override;
  void TellLater(const reference::Message& message, Micros) override { Tell(message); }
  void End(reference::StreamEnding) override {}
  void Add(const One& one);
  void Remove(const std::string& ip);
  void JoinIfEqual() {
    if ((!fresh || service.truth.empty()) && And(held, service.ever) == service.truth) joined = true;
  }

  FaultOracle& oracle;
  Service& service;
  Many held;
  Many held_before;                              ///< at the last deadline
  std::map<One, std::vector<unsigned>> waiting;  ///< changes that the stream has not shown, by number
  std::set<std::string> touched;                 ///< addresses that messages named since the last change
  std::map<std::string, unsigned> replaced;      ///< addresses that changed hands: so many Removes may follow
  bool opened = false, reopened = false;
  bool fresh = true;  ///< no message since it was opened: what it holds is of before
  bool expects = false;
  bool joined = false;
  bool stalled = false;    ///< known to be, until it is told anything
  unsigned last_told = 0;  ///< the change at which it was told anything
};

void FaultOracle::Stream::Tell(const reference::Message& message) {
  grpc::Slice slice;
  dst::Update update;
  if (!message->DumpToSingleSlice(&slice).ok()) return;
  if (!update.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) return;
  ++oracle.messages_;
  last_told = service.changes;
  expects = stalled = false;
  if (std::exchange(fresh, false)) {
    held.clear();
    service.opened = true;
  }
  for (const auto& addr : update.add().addrs()) {
    if (addr.weight() != 10'000) oracle.Offend(Invariant::kEndpointMetadata);
    Add({TextOf(addr.addr()), addr.metric_labels().at("pod")});
  }
  for (const auto& addr : update.remove().addrs()) Remove(TextOf(addr));
}

void FaultOracle::Stream::Add(const One& one) {
  touched.insert(one.first);
  if (held.contains(one)) return;
  if (std::erase_if(held, [&](const One& other) { return other.first == one.first; }) > 0) ++replaced[one.first];
  held.insert(one);
}

void FaultOracle::Stream::Remove(const std::string& ip) {
  if (replaced[ip] > 0) {
    --replaced[ip];
    return;
  }
  touched.insert(ip);
  const auto found = std::find_if(held.begin(), held.end(), [&](const One& one) { return one.first == ip; });
  if (found == held.end()) return oracle.Offend(Invariant::kKnownRemoval);
  if (service.truth.contains(*found)) oracle.Offend(Invariant::kNoFlap);
  held.erase(found);
}

FaultOracle::FaultOracle(const reference::FaultPlan& plan, const std::vector<std::string>& services,
                         unsigned streams_per_service)
    : topics_(plan) {
  for (const auto& name : services) {
    Service& service = services_.emplace_back();
    service.target = {"ns", name, 8080};
    for (unsigned i = 0; i < streams_per_service; ++i) service.streams.emplace_back(*this, service);
  }
}

FaultOracle::~FaultOracle() {
  for (auto& service : services_) {
    for (auto& stream : service.streams) topics_.Unsubscribe(service.target, stream);
  }
}

void FaultOracle::Begin(std::size_t index, const Addresses& ready) {
  Service& service = services_[index];
  service.truth = service.ever = ManyOf(ready);
  topics_.Set({"ns", service.target.service + "-1"}, {"ns", service.target.service, {8080}, ready});
}

void FaultOracle::Open() {
  for (auto& service : services_) {
    for (auto& stream : service.streams) {
      if (stream.opened) topics_.Unsubscribe(service.target, stream);
      stream.reopened = std::exchange(stream.opened, true);
      stream.fresh = true;
      stream.expects = !service.truth.empty();
      if (service.truth.empty()) stream.held.clear();
      stream.replaced.clear();
      topics_.Subscribe(service.target, stream);
      stream.JoinIfEqual();
    }
  }
}

void FaultOracle::Set(std::size_t index, const Addresses& ready) {
  Service& service = services_[index];
  const Many before = std::exchange(service.truth, ManyOf(ready));
  service.ever.insert(service.truth.begin(), service.truth.end());
  const unsigned number = ++service.changes;
  service.emptied = service.truth.empty();
  if (service.emptied) service.filled = false;
  if (before.empty()) service.filled = true;
  const Many came = Minus(service.truth, before), went = Minus(before, service.truth);
  for (auto& stream : service.streams) {
    stream.touched.clear();
    if (service.truth.empty()) stream.expects = false;
    if (!stream.joined) continue;
    for (const auto* changed : {&came, &went}) {
      for (const One& one : *changed) {
        const bool has_it = stream.held.contains(one) == (changed == &came);
        if (!has_it || stream.waiting.contains(one)) stream.waiting[one].push_back(number);
      }
    }
  }
  topics_.Set({"ns", service.target.service + "-1"}, {"ns", service.target.service, {8080}, ready});
  for (auto& stream : service.streams) {
    std::erase_if(stream.waiting, [&](const auto& entry) {
      const One& one = entry.first;
      return stream.touched.contains(one.first) && stream.held.contains(one) == service.truth.contains(one);
    });
    stream.JoinIfEqual();
  }
}

void FaultOracle::Offend(Invariant invariant, std::uint64_t count) {
  violations_[static_cast<std::size_t>(invariant)] += count;
}

void FaultOracle::Settle() {
  for (auto& service : services_) SettleService(service);
}

void FaultOracle::SettleStream(const Service& service, Stream& stream) {
  // An odd number of changes: the last one was not undone.
  for (const auto& [one, changes] : stream.waiting) {
    if (changes.size() % 2 == 0) continue;
    Offend(service.truth.contains(one) ? Invariant::kNoMissingEndpoint : Invariant::kNoStaleEndpoint);
  }
  // What no change explains.
  for (const One& one : Minus(Minus(stream.held, service.truth), stream.held_before)) {
    if (stream.waiting.contains(one)) continue;
    Offend(service.ever.contains(one) ? Invariant::kNoStaleEndpoint : Invariant::kNoUnknownEndpoint);
  }
  for (const One& one : And(Minus(service.truth, stream.held), stream.held_before)) {
    if (!stream.waiting.contains(one)) Offend(Invariant::kNoMissingEndpoint);
  }
  if (stream.fresh && std::exchange(stream.expects, false)) Offend(Invariant::kFirstUpdate);
  if (!stream.fresh && std::exchange(stream.reopened, false) && And(stream.held, service.ever) != service.truth) {
    Offend(Invariant::kReconnectConverges);
  }
}

void FaultOracle::SettleService(Service& service) {
  unsigned newest = 0;
  std::map<Many, std::uint64_t> sets;
  std::uint64_t judged = 0, commonest = 0;
  for (const auto& stream : service.streams) {
    newest = std::max(newest, stream.last_told);
    if (!stream.joined || stream.fresh) continue;
    ++judged;
    commonest = std::max(commonest, ++sets[stream.held]);
  }
  if (service.changes > 0 || service.opened) Offend(Invariant::kSiblingAgreement, judged - commonest);
  for (auto& stream : service.streams) {
    SettleStream(service, stream);
    const bool in_vain = std::any_of(stream.waiting.begin(), stream.waiting.end(), [&](const auto& entry) {
      return std::any_of(entry.second.begin(), entry.second.end(),
                         [&](unsigned number) { return stream.last_told < number && number <= newest; });
    });
    if (in_vain && !std::exchange(stream.stalled, true)) Offend(Invariant::kNoStalledStream);
    const bool wrong = (service.emptied && !stream.held.empty()) || (service.filled && stream.held.empty());
    if (stream.joined && wrong) Offend(Invariant::kServiceDeletion);
    stream.held_before = stream.held;
    stream.waiting.clear();
    stream.replaced.clear();
    stream.last_told = 0;
  }
  service.changes = 0;
  service.emptied = service.filled = service.opened = false;
}

void FaultOracle::Conclude() {
  for (const auto& service : services_) {
    for (const auto& stream : service.streams) {
      if (stream.joined && stream.held != service.truth) Offend(Invariant::kConverged);
    }
  }
}

}  // namespace dst_load::workers::test
