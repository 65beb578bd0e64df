#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "coordination/run.h"

namespace dst_load::coordination::test {

/// A run that expects two clients with five streams each, and a hand-driven time.
struct Bench {
  Bench();

  /// Attaches a worker; told what is pending, probes and all, with Told.
  AttachmentId Churn(const std::string& instance);
  AttachmentId Client(const std::string& instance, std::optional<measure::Seq> truth_seq = std::nullopt);
  void Report(AttachmentId client, std::uint64_t joined, bool concluded = false, std::uint64_t pending = 0);
  void Progress(AttachmentId churn, ChurnStep step, std::uint32_t cycle = 0, measure::Seq last_seq = 0);
  /// Publishes changes `first` to `last` of service 0.
  Status Publish(AttachmentId churn, measure::Seq first, measure::Seq last);
  Status SetState(AttachmentId churn, measure::Seq seq);
  void Pass(Micros time);

  /// Everything the worker is told now, until there is nothing more.
  std::vector<Directive> Told(AttachmentId id);
  /// Churn and two joined clients: the barrier is passed.
  void Begin();
  RunView View() const { return FillView(run.Freeze(now)); }

  RunSpec spec;
  Run run;
  MonoTime now{std::chrono::seconds{100}};
  WallTime wall{std::chrono::hours{24}};
  AttachmentId churn = 0, one = 0, two = 0;

 private:
  AttachmentId last_id_ = 0;
};

/// The fate of one worker; fails the test when there is none.
Fate FateIn(const RunView& view, const std::string& instance);

template <class T>
int Count(const std::vector<Directive>& told) {
  int count = 0;
  for (const auto& directive : told) count += std::holds_alternative<T>(directive) ? 1 : 0;
  return count;
}
/// The first of its kind; fails the test when there is none.
template <class T>
T First(const std::vector<Directive>& told) {
  for (const auto& directive : told) {
    if (const auto* found = std::get_if<T>(&directive)) return *found;
  }
  throw std::runtime_error("no such directive");
}

}  // namespace dst_load::coordination::test
