#pragma once

#include <memory>
#include <string>

#include "kube/client.h"
#include "test/integration/coordination/stage.h"

namespace dst_load::op::bench {

/// The spec of a LoadTest whose workers are played: two clients of ten streams, without an end.
extern const char* const kPlayedSpec;

/// A session of a LoadTest's run with its own token, but for instance and Pod. Its Secret must be there.
coordination::SessionOptions SessionOf(kube::Client& client, const std::string& ns, const std::string& name,
                                       const std::string& address);

/// The workers of one LoadTest's run: real sessions with that run's token. They report as often as the real ones.
/// client and theatre must outlive it.
class PlayedRun {
 public:
  /// Of a LoadTest whose Secret is there, at the coordinator's `address`.
  PlayedRun(kube::Client& client, coordination::test::Theatre& theatre, const std::string& ns, const std::string& name,
            const std::string& address);

  /// Call twice a second: clients report each time; churn reports and an endpoint is added every other time.
  void Beat();

 private:
  bool odd_ = false;
  std::unique_ptr<coordination::test::Churn> churn_;
  std::unique_ptr<coordination::test::Client> one_, two_;
};

}  // namespace dst_load::op::bench
