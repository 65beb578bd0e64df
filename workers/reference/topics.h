#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "workers/reference/fault.h"
#include "workers/reference/message.h"
#include "workers/reference/registry.h"
#include "workers/reference/stream_faults.h"

namespace dst_load::workers::reference {

/// Tells streams of the endpoints they asked for: first the whole set, then one message for what a slice's change adds
/// and one for what it removes. A Service without endpoints, or one that does not exist yet, gets silence. With a
/// FaultPlan each stream is told something else.
///
/// Thread-safe. Subscribers are called under its lock, so that each sees one order; they must be quick.
class Topics {
 public:
  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void Tell(const Message& message) = 0;
    /// A fault: to be sent `delay` later, and what follows behind it.
    virtual void TellLater(const Message& message, Micros delay) = 0;
    /// A fault: the stream ends behind what it was told, and is told nothing more.
    virtual void End(StreamEnding ending) = 0;
  };

  explicit Topics(FaultPlan faults = {});

  /// `subscriber` must unsubscribe before it goes.
  void Subscribe(const Target& target, Subscriber& subscriber);
  void Unsubscribe(const Target& target, Subscriber& subscriber);
  /// A message was taken off a subscriber's hands. Only of interest when Blocks().
  void Taken(const Target& target, Subscriber& subscriber);

  /// A slice is there, or changed.
  void Set(const kube::ObjectKey& key, Slice slice);
  void Remove(const kube::ObjectKey& key);

  const FaultPlan& Plan() const { return plan_; }
  /// Updates wait until all streams have taken the last one: a fault.
  bool Blocks() const { return plan_.Has(FaultKind::kBlock); }
  /// How often each fault struck.
  FaultCounts Faults() const;

 private:
  struct Stream {
    std::unique_ptr<StreamFaults> faults;
    std::uint64_t untaken = 0;  ///< messages; counted when Blocks()
  };
  struct Topic {
    EndpointSet told;
    std::map<Subscriber*, Stream> streams;
    // With faults only.
    std::uint64_t opened = 0;
    std::uint64_t updates = 0;
    std::deque<Endpoint> gone;          ///< newest last, each address once
    std::deque<EndpointSet> held_back;  ///< updates that wait
  };

  void Refresh(const std::set<Registry::Service>& services);
  void Update(const Target& target, Topic& topic, EndpointSet now);
  void UpdateOrHoldBack(const Target& target, Topic& topic, EndpointSet now);
  void UpdateHeldBack(const Target& target, Topic& topic);
  void TellFaulty(const Target& target, const Topic& topic, Subscriber& subscriber, Stream& stream);

  const FaultPlan plan_;
  mutable std::mutex mutex_;
  FaultCounts counts_{};
  Registry registry_;
  std::map<Target, Topic> topics_;  ///< sorted by namespace and Service: those of a Service are neighbours
};

}  // namespace dst_load::workers::reference
