#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "kube/client.h"
#include "operator_process.h"

namespace dst_load::op::bench {

/// The number in an environment variable, or else `otherwise`.
int Setting(const char* name, int otherwise);

/// Looks every millisecond. False after `patience`.
bool Await(const std::function<bool()>& wanted, Micros patience = std::chrono::minutes{5});

/// A client without a rate limit, with the LoadTest CRD installed and the namespace `ns` made.
std::unique_ptr<kube::Client> Admin(const std::string& ns);

nlohmann::json LoadTestOf(const std::string& name, nlohmann::json spec);

/// LoadTests in a phase, as the operator counts them.
double TestsIn(const OperatorProcess& process, const char* phase);
/// Reconciliations up to a page.
double Passes(const std::string& page);
/// A page of a time at which nothing is left to do.
std::string QuietPage(const OperatorProcess& process);

/// A table of figures, as text.
class Table {
 public:
  void Row(const std::string& what, const std::string& figure);
  /// A row for each HTTP method: requests a second between two pages.
  void Requests(const std::string& when, const std::string& before, const std::string& after, double seconds);
  /// Rows for p50 and p99 of the time that reconciliations took between two pages.
  void Reconciles(const std::string& when, const std::string& before, const std::string& after);
  void Resident(const std::string& when, const OperatorProcess& process);
  const std::string& Text() const { return text_; }

 private:
  std::string text_ = "\n";
};

}  // namespace dst_load::op::bench
