#pragma once

#include <optional>
#include <set>
#include <vector>

#include "workers/reference/fault.h"
#include "workers/reference/registry.h"

namespace dst_load::workers::reference {

/// How a stream is ended by a fault.
enum class StreamEnding { kUnavailable, kOverflow };

/// What one stream is told instead of the truth. Faults of the set are applied first, then those of its messages, in
/// the order given. What the stream was really told is remembered, as a server would: an endpoint that was left out is
/// not removed later.
///
/// Pure; not thread-safe. `plan` must outlive it, as must `counts`, to which it adds.
class StreamFaults {
 public:
  /// `stream`: how many of the target were opened before it.
  StreamFaults(const FaultPlan& plan, Target target, std::uint64_t stream, FaultCounts& counts);

  /// A message: an Add or a Remove, the other list is empty.
  struct Message {
    std::vector<Endpoint> added;
    std::vector<Endpoint> removed;
    Micros delay{0};  ///< to be sent this much later
    bool wrong_metadata = false;
    std::optional<StreamEnding> end;  ///< behind it; nothing follows
    bool operator==(const Message&) const = default;
  };
  /// What is to be sent now that `truth` is all that is ready; the first call is for the set at the stream's opening.
  /// `gone`: went last of those whose address is not used again.
  std::vector<Message> Tell(const EndpointSet& truth, const std::optional<Endpoint>& gone);

 private:
  struct Draft;

  bool Strikes(FaultKind kind);
  std::uint64_t Choose(FaultKind kind, std::uint64_t bound) const;
  void Count(FaultKind kind) { ++counts_[static_cast<std::size_t>(kind)]; }
  EndpointSet Wanted(const EndpointSet& truth) const;
  void Distort(const EndpointSet& truth, const std::optional<Endpoint>& gone);
  Endpoint MakeUpEndpoint(std::uint16_t port);
  void Apply(FaultKind kind, std::vector<Draft>& drafts, const EndpointSet& truth);
  void Duplicate(std::vector<Draft>& drafts);
  void Flap(std::vector<Draft>& drafts, const EndpointSet& truth);
  void Stall(std::vector<Draft>& drafts);
  void End(FaultKind kind, StreamEnding ending, std::vector<Draft>& drafts);

  const FaultPlan& plan_;
  const Target target_;
  const std::uint64_t stream_;
  FaultCounts& counts_;
  FaultCounts opportunities_{};
  EndpointSet told_;
  EndpointSet left_out_;   ///< of the truth
  EndpointSet lingering_;  ///< held beyond the truth
  bool spoken_ = false;
  bool silenced_ = false;
};

}  // namespace dst_load::workers::reference
