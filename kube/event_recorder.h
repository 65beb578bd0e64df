#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "kube/client.h"

namespace dst_load::kube {

/// The object that an Event is about.
struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string ns;  ///< empty for cluster-scoped objects; their Events are in "default"
  std::string name;
  std::string uid;
  auto operator<=>(const ObjectReference&) const = default;
};

enum class EventType { kNormal, kWarning };

struct EventRecorderOptions {
  std::string controller;                    ///< reportingController: "dst-load.dev/operator"
  std::string instance;                      ///< reportingInstance: the Pod's name
  std::size_t capacity = 256;                ///< Events that may wait to be sent
  Micros window = std::chrono::minutes{10};  ///< the same Event within it is a repetition of the first
};

/// Writes events.k8s.io/v1 Events from a thread of its own. The same object, type, reason and note again within the
/// window makes no new Event: the first one's series counts. An Event that finds the queue full is dropped and counted,
/// and one that can't be written is logged.
///
/// Thread-safe. client and clock must outlive it; the destructor waits for the request in flight but
/// not for what is still queued; Drain does.
class EventRecorder {
 public:
  EventRecorder(Client& client, EventRecorderOptions options, const Clock& clock);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `reason` and `action` are CamelCase words ("StreamsReady", "Reconcile"); `note` is for people. Texts longer than
  /// Kubernetes takes are cut. Never blocks.
  void Record(const ObjectReference& regarding, EventType type, const std::string& reason, const std::string& action,
              const std::string& note);
  /// Waits until all is sent. False when that took longer than `timeout`.
  bool Drain(Micros timeout);
  /// Events that found the queue full.
  std::uint64_t Dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::kube
