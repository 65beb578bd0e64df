#include "workers/churn/options.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/duration.h"

namespace dst_load::workers::churn {
namespace {

using Text = ChurnFlags::Text;

/// Reads flags one after the other; the first bad one is kept, and what is read after it does not matter.
class Reader {
 public:
  const std::optional<Error>& Failure() const { return error_; }

  void Refuse(std::string_view flag, const std::string& why) {
    if (!error_) error_ = Error{Code::kInvalid, fmt::format("--{}: {}", flag, why)};
  }
  std::uint64_t Number(std::string_view flag, const Text& text, std::uint64_t absent, std::uint64_t least,
                       std::uint64_t most) {
    if (!text) return absent;
    std::uint64_t value = 0;
    const char* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || rest != end || value < least || value > most) {
      Refuse(flag, fmt::format("\"{}\" is not a whole number from {} to {}", *text, least, most));
      return absent;
    }
    return value;
  }
  std::uint32_t Count(std::string_view flag, const Text& text, std::uint32_t absent, std::uint32_t least,
                      std::uint32_t most) {
    return static_cast<std::uint32_t>(Number(flag, text, absent, least, most));
  }
  Micros Span(std::string_view flag, const Text& text, Micros absent) {
    if (!text) return absent;
    const Result<Micros> span = ParseDuration(*text);
    if (span) return *span;
    Refuse(flag, span.error().message);
    return absent;
  }
  Micros PositiveSpan(std::string_view flag, const Text& text, Micros absent) {
    const Micros span = Span(flag, text, absent);
    if (span <= Micros{0}) Refuse(flag, "must be longer than 0s");
    return span;
  }

 private:
  std::optional<Error> error_;
};

constexpr std::uint32_t kMostServices = 10'000;
constexpr std::uint32_t kMostEndpoints = 100'000;  // of a service

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// RFC 1123; with `letter_first`, RFC 1035 as Services want it.
bool IsDnsLabel(std::string_view text, bool letter_first) {
  if (text.empty() || text.size() > 63) return false;
  if (!IsLower(text.front()) && (letter_first || !IsDigit(text.front()))) return false;
  if (!IsLower(text.back()) && !IsDigit(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsLabelValue(std::string_view text) {
  const auto alphanumeric = [](char c) { return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && text.size() <= 63 && alphanumeric(text.front()) && alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

/// "host:port", "[v6]:port", ":port".
bool SplitAddress(std::string_view text, std::string* host, std::uint16_t* port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  *host = std::string(text.substr(0, colon));
  const bool bracketed = host->size() > 2 && host->front() == '[' && host->back() == ']';
  if (!bracketed && host->find(':') != std::string::npos) return false;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, *port);
  return error == std::errc{} && rest == end && colon + 1 < text.size();
}

void ReadNames(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  options.ns = flags.ns.value_or("destination-test");
  if (!IsDnsLabel(options.ns, false)) reader.Refuse("namespace", fmt::format("\"{}\" is no namespace", options.ns));
  options.name_prefix = flags.name_prefix.value_or("test-service");
  const std::string longest = options.ServiceName(options.plan.services - 1);
  if (!IsDnsLabel(longest, true)) {
    reader.Refuse("name-prefix", fmt::format("\"{}\" would be no name of a Service (a letter first, then letters, "
                                             "digits and -, at most 63 in lower case)",
                                             longest));
  }
  options.test_name = flags.test_name.value_or(options.ns);
  if (!IsLabelValue(options.test_name)) {
    reader.Refuse("test-name", fmt::format("\"{}\" is no label value of at most 63 characters", options.test_name));
  }
  options.pod_name = flags.pod_name.value_or("");
  if (!flags.owner) return;
  const auto slash = flags.owner->find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == flags.owner->size()) {
    reader.Refuse("owner", fmt::format("\"{}\" is not NAME/UID", *flags.owner));
    return;
  }
  options.owner = OwnerReference{flags.owner->substr(0, slash), flags.owner->substr(slash + 1)};
}

void RefuseWith(Reader& reader, std::string_view pattern,
                std::initializer_list<std::pair<std::string_view, const Text*>> flags) {
  for (const auto& [flag, text] : flags) {
    if (*text) reader.Refuse(flag, fmt::format("has no meaning with --pattern={}", pattern));
  }
}

void ReadOscillation(const ChurnFlags& flags, Reader& reader, SchedulePlan& plan) {
  RefuseWith(reader, "oscillate", {{"endpoints-per-service", &flags.endpoints_per_service}});
  plan.min_endpoints = reader.Count("min-endpoints", flags.min_endpoints, 10, 0, kMostEndpoints);
  plan.max_endpoints = reader.Count("max-endpoints", flags.max_endpoints, 200, 1, kMostEndpoints);
  if (plan.min_endpoints > plan.max_endpoints) {
    reader.Refuse("min-endpoints",
                  fmt::format("{} is more than --max-endpoints {}", plan.min_endpoints, plan.max_endpoints));
  }
  plan.min_hold = reader.PositiveSpan("min-hold", flags.min_hold, std::chrono::minutes{2});
  plan.max_hold = reader.PositiveSpan("max-hold", flags.max_hold, std::chrono::minutes{5});
  const Micros shorter = std::min(plan.min_hold, plan.max_hold);
  // The default jitter gives way to short holds; one that was asked for does not.
  plan.jitter = reader.Span("jitter", flags.jitter, std::min<Micros>(std::chrono::seconds{5}, shorter));
  if (plan.jitter > shorter) {
    reader.Refuse("jitter", fmt::format("{} is longer than the shorter hold, {}: a Service would be scaled back before "
                                        "it is scaled",
                                        FormatDuration(plan.jitter), FormatDuration(shorter)));
  }
  if (flags.cycles) plan.cycles = reader.Count("cycles", flags.cycles, 1, 1, 1'000'000);
}

void ReadPlan(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  SchedulePlan& plan = options.plan;
  plan.services = reader.Count("services", flags.services, 10, 1, kMostServices);
  const std::string pattern = flags.pattern.value_or("stable");
  if (pattern == "oscillate") {
    plan.pattern = Pattern::kOscillate;
    ReadOscillation(flags, reader, plan);
  } else if (pattern == "stable") {
    RefuseWith(reader, "stable",
               {{"min-endpoints", &flags.min_endpoints},
                {"max-endpoints", &flags.max_endpoints},
                {"min-hold", &flags.min_hold},
                {"max-hold", &flags.max_hold},
                {"jitter", &flags.jitter},
                {"cycles", &flags.cycles}});
    plan.min_endpoints = plan.max_endpoints =
        reader.Count("endpoints-per-service", flags.endpoints_per_service, 100, 0, kMostEndpoints);
  } else {
    reader.Refuse("pattern", fmt::format("\"{}\" is neither stable nor oscillate", pattern));
  }
  if (flags.duration) plan.duration = reader.PositiveSpan("duration", flags.duration, Micros{0});
  options.seeded = flags.seed.has_value();
  plan.seed = reader.Number("seed", flags.seed, 0, 0, std::numeric_limits<std::uint64_t>::max());
}

void ReadCleanup(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  const std::string cleanup = flags.cleanup.value_or("Always");
  if (cleanup == "Always") {
    options.cleanup = CleanupPolicy::kAlways;
  } else if (cleanup == "OnSuccess") {
    options.cleanup = CleanupPolicy::kOnSuccess;
  } else if (cleanup == "Never") {
    options.cleanup = CleanupPolicy::kNever;
  } else {
    reader.Refuse("cleanup", fmt::format("\"{}\" is none of Always, OnSuccess, Never", cleanup));
  }
}

void ReadAttach(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  AttachOptions attach{*flags.coordinator, flags.coordinator_dir.value_or(""), flags.run_id.value_or("")};
  std::string host;
  std::uint16_t port = 0;
  if (!SplitAddress(attach.address, &host, &port) || host.empty() || port == 0) {
    reader.Refuse("coordinator", fmt::format("\"{}\" is not HOST:PORT", attach.address));
  }
  if (attach.dir.empty()) reader.Refuse("coordinator-dir", "is needed with --coordinator");
  if (attach.run_id.empty()) reader.Refuse("run-id", "is needed with --coordinator");
  options.attach = std::move(attach);
}

void ReadListen(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  ListenOptions listen;
  std::string host;
  if (!SplitAddress(*flags.coordinator_listen, &host, &listen.port)) {
    reader.Refuse("coordinator-listen", fmt::format("\"{}\" is not [HOST]:PORT", *flags.coordinator_listen));
  }
  if (!host.empty()) listen.host = host;
  listen.dir = flags.coordinator_dir.value_or("");
  listen.run_id = flags.run_id.value_or("");
  if (listen.dir.empty()) reader.Refuse("coordinator-dir", "is needed with --coordinator-listen");
  if (!flags.clients) reader.Refuse("clients", "is needed with --coordinator-listen");
  if (!flags.streams) reader.Refuse("streams", "is needed with --coordinator-listen");
  listen.clients = reader.Number("clients", flags.clients, 1, 1, 100'000);
  listen.streams = reader.Number("streams", flags.streams, 1, 1, 100'000'000);
  if (flags.report_dir && flags.report_dir->empty()) reader.Refuse("report-dir", "is empty");
  listen.report_dir = flags.report_dir.value_or("");
  if (flags.calibration_file && !flags.report_dir) reader.Refuse("calibration-file", "needs --report-dir");
  listen.calibration_file = flags.calibration_file.value_or("");
  options.listen = std::move(listen);
}

void ReadCoordination(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  if (flags.coordinator && flags.coordinator_listen) {
    reader.Refuse("coordinator-listen", "excludes --coordinator");
    return;
  }
  if (flags.coordinator) ReadAttach(flags, reader, options);
  if (flags.coordinator_listen) {
    ReadListen(flags, reader, options);
  } else {
    if (flags.clients) reader.Refuse("clients", "needs --coordinator-listen");
    if (flags.streams) reader.Refuse("streams", "needs --coordinator-listen");
    if (flags.report_dir) reader.Refuse("report-dir", "needs --coordinator-listen");
    if (flags.calibration_file) reader.Refuse("calibration-file", "needs --report-dir");
  }
}

void ReadScrape(const ChurnFlags& flags, Reader& reader, ChurnOptions& options) {
  if (!flags.destination_metrics_url) {
    if (flags.destination_metrics_interval) {
      reader.Refuse("destination-metrics-interval", "needs --destination-metrics-url");
    }
    return;
  }
  auto scrape = ParseScrapeUrl(*flags.destination_metrics_url);
  if (!scrape) return reader.Refuse("destination-metrics-url", scrape.error().message);
  scrape->interval =
      reader.PositiveSpan("destination-metrics-interval", flags.destination_metrics_interval, scrape->interval);
  options.scrape = std::move(*scrape);
}

}  // namespace

Result<ChurnOptions> ParseChurnOptions(const ChurnFlags& flags) {
  Reader reader;
  ChurnOptions options;
  ReadPlan(flags, reader, options);
  ReadNames(flags, reader, options);
  ReadCleanup(flags, reader, options);
  ReadCoordination(flags, reader, options);
  ReadScrape(flags, reader, options);
  options.metrics_port = static_cast<std::uint16_t>(reader.Number("metrics-port", flags.metrics_port, 9090, 0, 65535));
  options.kubeconfig = flags.kubeconfig.value_or("");
  options.context = flags.context.value_or("");
  if (reader.Failure()) return Fail(*reader.Failure());
  return options;
}

}  // namespace dst_load::workers::churn
