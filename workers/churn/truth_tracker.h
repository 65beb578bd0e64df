#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "measure/truth.h"
#include "workers/churn/endpoint_slice.h"
#include "workers/churn/schedule.h"

namespace dst_load::workers::churn {

/// Turns what a watch of EndpointSlices tells into the truth: which endpoint of which service came or went, when
/// Kubernetes published it (T1), and which scale event caused it (T0).
///
/// A service may have several slices, and an endpoint may be in two of them while it moves: it is there as long as one
/// slice has it. The cause of a change is the newest scale event of its service that goes its way, for no more changes
/// than the difference that the event makes. Once a service has as many endpoints as it was last told to have, it is
/// settled, and what changes until the next event has no cause of ours. So a slow cluster loses no sample: Pods of the
/// way up that come when the way down has begun already still count from the event that asked for them.
///
/// Pure: no clock, no I/O. Not thread-safe.
class TruthTracker {
 public:
  /// Names in the order of their indexes in the truth.
  explicit TruthTracker(const std::vector<std::string>& service_names);

  /// Takes over from a worker that published up to `state`: what is different now will be told as changes. Before any
  /// event.
  void Restore(const measure::TruthState& state);

  /// A service is told to scale at event.t0. Call before the request leaves.
  void Scale(const ScaleEvent& event);

  /// The watch's events; each returns the changes it makes, contiguous in seq. Removals come before additions.
  std::vector<measure::Change> Apply(const SliceView& slice, WallTime t1);
  std::vector<measure::Change> Remove(const std::string& slice_name, WallTime t1);
  /// From here to Synced a fresh list is applied; Synced tells the difference that it makes.
  void Restarted();
  std::vector<measure::Change> Synced(WallTime t1);

  measure::TruthState State() const;
  measure::Seq LastSeq() const { return seq_; }
  std::uint64_t Size(std::uint32_t service) const { return services_[service].published.size(); }
  std::uint64_t Size() const;

 private:
  struct Cause {
    WallTime t0{};
    std::uint64_t left = 0;  ///< changes that may yet be put down to it
  };
  struct Service {
    std::map<measure::Endpoint, int> held;  ///< in how many slices
    std::set<measure::Endpoint> published;
    ScaleEvent newest;
    Cause up, down;  ///< nothing left of both: the service is settled
  };
  using Slices = std::map<std::string, SliceView>;

  void Hold(const SliceView& slice, int by);
  void Publish(std::uint32_t service, const std::set<measure::Endpoint>& touched, WallTime t1,
               std::vector<measure::Change>& out);
  measure::Change MakeChange(std::uint32_t service, const measure::Endpoint& endpoint, bool added, WallTime t1);
  const std::uint32_t* IndexOf(const std::string& service) const;

  std::map<std::string, std::uint32_t> index_;
  std::vector<Service> services_;
  Slices slices_;
  std::optional<Slices> relisted_;
  measure::Seq seq_ = 0;
};

}  // namespace dst_load::workers::churn
