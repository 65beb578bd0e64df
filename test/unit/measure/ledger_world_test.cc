// The ledger in a small world: a cluster whose Pods come and go, a correct destination server, a relay that brings the
// truth late. What must come out is known from the world itself, not from the ledger's rules.
#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "measure/ledger.h"

namespace dst_load::measure {
namespace {

/// Endpoints that Kubernetes publishes at once.
struct Event {
  std::int64_t t1 = 0;
  std::vector<Change> changes;
};

/// Pods that come and go on few addresses, so that freed ones go to the next Pod at once.
std::vector<Event> RandomCluster(Random& random, std::size_t events, std::vector<Endpoint>& initial) {
  std::set<Endpoint> ready;
  std::set<int> free;
  for (int ip = 1; ip <= 12; ++ip) free.insert(ip);
  int pods = 0;
  Seq seq = 1;
  const auto create = [&]() -> Endpoint {
    const int ip = *free.begin();
    free.erase(free.begin());
    return {"10.0.0." + std::to_string(ip), 8080, "pod-" + std::to_string(++pods)};
  };
  while (ready.size() < 4) ready.insert(create());
  initial.assign(ready.begin(), ready.end());
  std::vector<Event> history;
  std::int64_t t1 = 1'000'000;
  while (history.size() < events) {
    t1 += static_cast<std::int64_t>(20'000 + random.Below(400'000));
    Event event{t1, {}};
    const auto change = [&](const Endpoint& endpoint, bool added) {
      event.changes.push_back({++seq, 0, endpoint, added, WallTime{Micros{t1 - 20'000}}, WallTime{Micros{t1}}});
    };
    for (auto count = random.Below(3); count > 0 && ready.size() > 1; --count) {
      const auto victim = std::next(ready.begin(), static_cast<std::ptrdiff_t>(random.Below(ready.size())));
      change(*victim, false);
      free.insert(std::stoi(victim->ip.substr(7)));
      ready.erase(victim);
    }
    for (auto count = random.Below(3); count > 0 && !free.empty(); --count) {
      const Endpoint endpoint = create();
      change(endpoint, true);
      ready.insert(endpoint);
    }
    if (!event.changes.empty()) history.push_back(event);
  }
  // After a pause one Pod more, at an address of its own: a newer change than all that may still be in doubt.
  t1 += 10'000'000;
  history.push_back({t1, {}});
  history.back().changes.push_back(
      {++seq, 0, {"10.0.1.1", 8080, "last"}, true, WallTime{Micros{t1 - 20'000}}, WallTime{Micros{t1}}});
  return history;
}

/// Something that reaches the client at an instant: truth, or a message on a stream.
struct Arrival {
  std::int64_t at = 0;
  std::vector<Change> truth;
  int stream = -1;
  std::vector<Endpoint> added, removed;
};

struct Expected {
  Histogram destination, end_to_end;
};

class World {
 public:
  World(std::uint64_t seed, int streams) : random_(seed), ledger_(1, {}), streams_(streams) {
    events_ = RandomCluster(random_, 40, initial_);
  }

  /// Truth comes up to `lag` after T1, in order.
  void RelayTruth(std::int64_t lag) {
    std::int64_t at = 0;
    for (const Event& event : events_) {
      at = std::max(at, event.t1 + Up(lag));
      arrivals_.push_back({at, event.changes, -1, {}, {}});
    }
  }

  /// A server like Linkerd's: every event in order, what is new before what is gone, a message each. Without late
  /// removes an address that passes on within an event is added anew and not removed.
  void ServeEveryEvent(int stream, std::int64_t delay, bool late_removes) {
    std::int64_t at = 0;
    for (const Event& event : events_) {
      at = std::max(at + 1, event.t1 + Up(delay));
      Send(stream, at, Diff(event, true), true);
      at += Up(5'000);
      std::vector<Endpoint> gone = Diff(event, false);
      if (!late_removes) std::erase_if(gone, [&](const Endpoint& e) { return HeirInEvent(event.t1, e); });
      Send(stream, at, gone, false);
    }
  }

  /// A server that now and then sends what differs from what it sent last.
  void ServeDifferences(int stream, std::int64_t interval) {
    std::set<Endpoint> sent(initial_.begin(), initial_.end());
    std::set<Endpoint> current = sent;
    std::size_t next = 0;
    for (std::int64_t at = events_.front().t1; next < events_.size(); at += 1 + Up(interval)) {
      for (; next < events_.size() && events_[next].t1 <= at; ++next) {
        for (const Change& change : events_[next].changes) {
          change.added ? (void)current.insert(change.endpoint) : (void)current.erase(change.endpoint);
        }
      }
      std::vector<Endpoint> added, removed;
      std::set_difference(current.begin(), current.end(), sent.begin(), sent.end(), std::back_inserter(added));
      std::set_difference(sent.begin(), sent.end(), current.begin(), current.end(), std::back_inserter(removed));
      if (!added.empty()) arrivals_.push_back({at, {}, stream, added, {}});
      if (!removed.empty()) arrivals_.push_back({at + 1, {}, stream, {}, removed});
      sent = current;
    }
  }

  void Play() {
    ledger_.SetTruth({1, {initial_}});
    for (int i = 0; i < streams_; ++i) {
      ledger_.Opened(ledger_.AddStream(0), MonoTime{}, WallTime{});
      Deliver({10, {}, i, initial_, {}});
    }
    std::stable_sort(arrivals_.begin(), arrivals_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const Arrival& arrival : arrivals_) {
      Deliver(arrival);
      ledger_.Expire(WallTime{Micros{arrival.at}});
    }
  }

  std::uint64_t Changes() const {
    std::uint64_t changes = 0;
    for (const Event& event : events_) changes += event.changes.size();
    return changes;
  }
  std::int64_t End() const { return arrivals_.back().at; }
  Ledger& TheLedger() { return ledger_; }
  const Expected& Wanted() const { return wanted_; }

 private:
  std::int64_t Up(std::int64_t to) {
    return static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(to) + 1));
  }

  std::vector<Endpoint> Diff(const Event& event, bool added) {
    std::vector<Endpoint> endpoints;
    for (const Change& change : event.changes) {
      if (change.added == added) endpoints.push_back(change.endpoint);
    }
    return endpoints;
  }

  void Send(int stream, std::int64_t at, const std::vector<Endpoint>& endpoints, bool added) {
    if (endpoints.empty()) return;
    Arrival arrival{at, {}, stream, {}, {}};
    (added ? arrival.added : arrival.removed) = endpoints;
    arrivals_.push_back(arrival);
    const std::int64_t t1 = [&] {
      for (const Event& event : events_) {
        for (const Change& change : event.changes) {
          if (change.added == added && change.endpoint == endpoints.front()) return event.t1;
        }
      }
      return std::int64_t{0};
    }();
    // An owner whose address passes on within one event is gone with the Add, not with its late Remove.
    for (const Endpoint& endpoint : endpoints) {
      Micros latency{at - t1};
      if (added) {
        last_add_[{stream, endpoint.ip}] = at;
      } else if (const auto heir = last_add_.find({stream, endpoint.ip});
                 heir != last_add_.end() && heir->second >= t1) {
        if (HeirInEvent(t1, endpoint)) latency = Micros{heir->second - t1};
      }
      wanted_.destination.Record(latency);
      wanted_.end_to_end.Record(latency + Micros{20'000});
    }
  }

  bool HeirInEvent(std::int64_t t1, const Endpoint& old) const {
    for (const Event& event : events_) {
      if (event.t1 != t1) continue;
      for (const Change& change : event.changes) {
        if (change.added && change.endpoint.ip == old.ip) return true;
      }
    }
    return false;
  }

  void Deliver(const Arrival& arrival) {
    if (arrival.stream < 0) {
      REQUIRE(ledger_.ApplyChanges(arrival.truth));
      return;
    }
    std::vector<Sighting> added, removed;
    for (const Endpoint& e : arrival.added) added.push_back({e.ip, e.port, e.pod});
    for (const Endpoint& e : arrival.removed) removed.push_back({e.ip, e.port, {}});
    ledger_.Observe(static_cast<Ledger::StreamId>(arrival.stream), added, removed, false, WallTime{Micros{arrival.at}},
                    MonoTime{Micros{arrival.at}});
  }

  Random random_;
  Ledger ledger_;
  int streams_;
  std::vector<Endpoint> initial_;
  std::vector<Event> events_;
  std::vector<Arrival> arrivals_;
  std::map<std::pair<int, std::string>, std::int64_t> last_add_;
  Expected wanted_;
};

void CheckComplete(World& world, int streams) {
  Ledger& ledger = world.TheLedger();
  CHECK(ledger.Settled());
  ledger.Conclude(WallTime{Micros{world.End() + 1'000'000}});
  const ClientSnapshot snapshot = ledger.Snapshot();
  const ServiceCounts counts = snapshot.services.at(0);
  CHECK(counts.due == world.Changes() * static_cast<std::uint64_t>(streams));
  CHECK(counts.credited == counts.due);
  for (const std::string& offence : ledger.Offences()) WARN(offence);
  for (const std::uint64_t violations : snapshot.violations) REQUIRE(violations == 0);
  CHECK(snapshot.early_overflow == 0);
}

TEST_CASE("Of a correct server every change is one sample a stream, at its own time, however late the truth comes",
          "[ledger][world]") {
  const std::uint64_t base = RandomSeed();
  for (std::uint64_t i = 0; i < 300; ++i) {
    INFO("seed " << base + i);
    World world(base + i, 3);
    world.RelayTruth(std::array{0, 100'000, 2'000'000}[i % 3]);
    for (int stream = 0; stream < 3; ++stream)
      world.ServeEveryEvent(stream, std::array{0, 50'000, 3'000'000}[stream], true);
    world.Play();
    CheckComplete(world, 3);
    const ServiceCounts counts = world.TheLedger().Snapshot().services.at(0);
    CHECK(counts.coalesced == 0);
    REQUIRE(counts.destination == world.Wanted().destination);
    REQUIRE(counts.end_to_end == world.Wanted().end_to_end);
  }
}

TEST_CASE("A server that removes no owner that an Add replaced is understood as well, however it stalls",
          "[ledger][world]") {
  const std::uint64_t base = RandomSeed();
  for (std::uint64_t i = 0; i < 300; ++i) {
    INFO("seed " << base + i);
    World world(base + i, 3);
    world.RelayTruth(std::array{0, 100'000, 2'000'000}[i % 3]);
    for (int stream = 0; stream < 3; ++stream) {
      world.ServeEveryEvent(stream, std::array{0, 50'000, 3'000'000}[stream], false);
    }
    world.Play();
    CheckComplete(world, 3);
  }
}

TEST_CASE("Of a server that coalesces no change is lost, doubled, or held against it", "[ledger][world]") {
  const std::uint64_t base = RandomSeed();
  std::uint64_t coalesced = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    INFO("seed " << base + i);
    World world(base + i, 3);
    world.RelayTruth(std::array{0, 100'000, 2'000'000}[i % 3]);
    for (int stream = 0; stream < 3; ++stream) {
      world.ServeDifferences(stream, std::array{20'000, 500'000, 3'000'000}[stream]);
    }
    world.Play();
    CheckComplete(world, 3);
    coalesced += world.TheLedger().Snapshot().services.at(0).coalesced;
  }
  CHECK(coalesced > 1'000);
}

}  // namespace
}  // namespace dst_load::measure
