#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "measure/destination_metrics.h"

namespace dst_load::workers::churn {

/// Where the destination service's metrics page is, and how often to look at it.
struct ScrapeOptions {
  std::string host;  ///< a name or an address; IPv6 without its brackets
  std::uint16_t port = 80;
  std::string path = "/";
  Micros interval = std::chrono::seconds{5};

  /// The page's address, for people.
  std::string Url() const;
};

/// Reads "http://host[:port][/path]" into all but the interval. Errors: kInvalid.
Result<ScrapeOptions> ParseScrapeUrl(const std::string& url);

/// Reads one metrics page again and again over one connection, which as a rule leads to one and the same replica.
/// Not thread-safe; one thread at a time. The clock must outlive it.
class DestinationScraper {
 public:
  DestinationScraper(ScrapeOptions options, const Clock& clock);
  ~DestinationScraper();

  /// One scrape: bounded in time (2 s without a byte, or in all) and size (8 MiB); cut short when `stop` is asked, and
  /// then not counted. Never fails: what went wrong is in the figures.
  const measure::DestinationMetrics& Scrape(const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::workers::churn
