#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "test/support/subprocess.h"
#include "test/support/temp_dir.h"

namespace dst_load::op::bench {

/// The sum of a family's samples whose labels hold `labels` ("method=\"GET\"", or "" for all), of a metrics page.
double SumOf(const std::string& page, const std::string& family, const std::string& labels = "");

/// Quantile `q` of the samples that a histogram gained between two pages, by its buckets: the upper end of the one that
/// holds it, in seconds; infinite beyond the last, 0 without samples.
double QuantileBetween(const std::string& before, const std::string& after, const std::string& family, double q);

/// dst-load-operator as a process of its own, which leads, or waits to, in `ns` and watches nothing else.
class OperatorProcess {
 public:
  explicit OperatorProcess(const std::string& ns, const std::string& identity = "bench");

  /// Its metrics page; empty while it does not answer.
  std::string Metrics() const;
  bool Leads() const { return SumOf(Metrics(), "leader_election_master_status") == 1; }
  std::uint64_t ResidentKiB() const;
  /// Processor time since its start.
  Micros Cpu() const;
  /// Where workers attach.
  std::string CoordinatorAddress() const;
  bool Running() { return process_.Running(); }
  void Signal(int signal) const;

 private:
  test_support::TempDir files_;
  int metrics_port_ = test_support::FreePort();
  int coordinator_port_ = test_support::FreePort();
  test_support::Subprocess process_;
};

}  // namespace dst_load::op::bench
