#pragma once

#include <functional>

#include "base/error.h"
#include "coordination/server.h"
#include "kube/client.h"
#include "operator/children.h"
#include "operator/memory.h"
#include "operator/plan.h"

namespace dst_load::op {

/// Field manager of everything that the operator applies.
inline constexpr std::string_view kFieldManager = "dst-load-operator";

struct EventSink {
  /// Tells people about a LoadTest. May be empty.
  std::function<void(const LoadTest&, const action::EmitEvent&)> emit;
  /// A test ended with this verdict.
  std::function<void(const std::string& verdict)> on_verdict;
};

/// Carries plans out. Thread-safe, as far as no two threads apply to one LoadTest at a time. Everything it is given
/// must outlive it.
class Applier {
 public:
  Applier(kube::Client& client, coordination::Server& server, Memories& memories, ChildOptions options,
          std::string ca_pem, EventSink events, const Clock& clock, std::string calibration = {})
      : client_(client),
        server_(server),
        memories_(memories),
        options_(std::move(options)),
        ca_pem_(std::move(ca_pem)),
        events_(std::move(events)),
        clock_(clock),
        calibration_(std::move(calibration)) {}

  struct Outcome {
    std::optional<Error> error;  ///< the first action that failed; nothing but the status was tried after it
    std::optional<Micros>
        requeue;            ///< a status write that is held back, or something done that the next pass waits for
    bool conflict = false;  ///< the status was not written: our view of it was stale
  };
  Outcome Apply(const Plan& plan, const Observed& seen, Memory& memory);

 private:
  struct Doer;
  kube::Client& client_;
  coordination::Server& server_;
  Memories& memories_;
  const ChildOptions options_;
  const std::string ca_pem_;
  const EventSink events_;
  const Clock& clock_;
  const std::string calibration_;
};

}  // namespace dst_load::op
