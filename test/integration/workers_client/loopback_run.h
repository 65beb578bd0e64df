#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "coordination/worker_session.h"
#include "workers/client/engine.h"
#include "workers/reference/server.h"

namespace dst_load::workers::test {

using Addresses = std::vector<reference::Slice::Address>;

/// The reference destination and the real client, judged by a truth that the test tells, in this process, with gRPC on
/// loopback between them. Services are "NAME.ns.svc.cluster.local:8080".
class LoopbackRun {
 public:
  /// `options` lacks destination and services. `clock` is the client's, and must outlive it.
  LoopbackRun(reference::FaultPlan faults, std::vector<std::string> services, ClientOptions options,
              const Clock& clock);
  ~LoopbackRun();

  /// Opens all streams to this truth, by service.
  void Open(const std::vector<Addresses>& truth);
  /// What the truth has to say of a service that now has these endpoints.
  coordination::TruthUpdate Change(std::size_t service, const Addresses& ready, WallTime t0, WallTime t1);
  /// And the destination.
  void Tell(std::size_t service, const Addresses& ready);

  Engine& Client() { return *engine_; }
  measure::ClientSnapshot Counts() { return engine_->View().snapshot; }
  reference::ServerStats Stats() const { return server_->Stats(); }
  std::uint64_t Struck(reference::FaultKind kind) const { return Stats().faults[static_cast<std::size_t>(kind)]; }

 private:
  std::vector<std::string> services_;
  reference::Topics topics_;
  std::unique_ptr<reference::Server> server_;
  std::unique_ptr<Engine> engine_;
  std::vector<Addresses> truth_;
  measure::Seq seq_ = 0;
};

}  // namespace dst_load::workers::test
