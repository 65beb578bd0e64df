#pragma once

#include <map>
#include <mutex>
#include <set>

#include "workers/reference/message.h"
#include "workers/reference/registry.h"

namespace dst_load::workers::reference {

/// Tells streams of the endpoints they asked for: first the whole set, then one message for what a slice's change adds
/// and one for what it removes. A Service without endpoints, or one that does not exist yet, gets silence.
///
/// Thread-safe. Subscribers are called under its lock, so that each sees one order; they must be quick.
class Topics {
 public:
  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void Tell(const Message& message) = 0;
  };

  /// `subscriber` must unsubscribe before it goes.
  void Subscribe(const Target& target, Subscriber& subscriber);
  void Unsubscribe(const Target& target, Subscriber& subscriber);

  /// A slice is there, or changed.
  void Set(const kube::ObjectKey& key, Slice slice);
  void Remove(const kube::ObjectKey& key);

 private:
  struct Topic {
    EndpointSet told;
    std::set<Subscriber*> subscribers;
  };

  void Refresh(const std::set<Registry::Service>& services);

  std::mutex mutex_;
  Registry registry_;
  std::map<Target, Topic> topics_;  ///< sorted by namespace and Service: those of a Service are neighbours
};

}  // namespace dst_load::workers::reference
