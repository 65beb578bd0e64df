#pragma once

#include "base/error.h"
#include "coordination/server.h"
#include "kube/client.h"
#include "kube/store.h"
#include "operator/memory.h"
#include "operator/observed.h"

namespace dst_load::op {

/// Gathers what a decision rests on: from the informers' stores, the coordinator and, once a run, the run's Secret.
///
/// Thread-safe, as far as no two threads observe one LoadTest at a time. Everything it is given must outlive it.
class Observer {
 public:
  Observer(kube::Client& client, const kube::Store<PodView>& pods, const kube::Store<DeploymentView>& deployments,
           const coordination::Server& server, const Clock& clock)
      : client_(client), pods_(pods), deployments_(deployments), server_(server), clock_(clock) {}

  /// Errors: those of reading the Secret.
  Result<Observed> Look(const LoadTest& test, Memory& memory) const;

 private:
  Status LookAtSecret(const LoadTest& test, Memory& memory) const;
  void LookAtChildren(Observed& seen) const;
  void LookAtRun(const Memory& memory, Observed& seen) const;

  kube::Client& client_;
  const kube::Store<PodView>& pods_;
  const kube::Store<DeploymentView>& deployments_;
  const coordination::Server& server_;
  const Clock& clock_;
};

}  // namespace dst_load::op
