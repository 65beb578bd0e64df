#include "workers/churn/destination_scraper.h"

#include <fmt/format.h>
#include <httplib.h>

#include "base/log.h"
#include "kube/url.h"
#include "workers/churn/destination_figures.h"

namespace dst_load::workers::churn {
namespace {

constexpr Micros kTimeout = std::chrono::seconds{2};
constexpr std::size_t kLargestPage = 8U << 20U;

std::string Explain(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect";
    case httplib::Error::ConnectionTimeout:
      return "no connection in time";
    case httplib::Error::Read:
      return "the answer broke off, or did not come in time";
    default:
      return httplib::to_string(error);
  }
}

}  // namespace

std::string ScrapeOptions::Url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}{}", v6 ? "[" : "", host, v6 ? "]" : "", port, path);
}

Result<ScrapeOptions> ParseScrapeUrl(const std::string& url) {
  if (!url.starts_with("http://")) return Fail(Code::kInvalid, fmt::format("\"{}\" is not http://...", url));
  const auto parsed = kube::ParseUrl(url);
  if (!parsed) return Fail(Code::kInvalid, fmt::format("\"{}\" is not http://HOST[:PORT][/PATH]", url));
  return ScrapeOptions{parsed->host, static_cast<std::uint16_t>(parsed->port),
                       parsed->prefix.empty() ? "/" : parsed->prefix, ScrapeOptions{}.interval};
}

struct DestinationScraper::Impl {
  Impl(ScrapeOptions given, const Clock& with) : options(std::move(given)), clock(with) {}

  Result<std::string> Fetch(const std::stop_token& stop);
  void Note(const measure::DestinationMetrics& before);

  const ScrapeOptions options;
  const Clock& clock;
  httplib::Client http{options.host, options.port};
  DestinationFigures figures;
};

DestinationScraper::DestinationScraper(ScrapeOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {
  impl_->http.set_keep_alive(true);
  impl_->http.set_connection_timeout(kTimeout);
  impl_->http.set_read_timeout(kTimeout);
  impl_->http.set_write_timeout(kTimeout);
}

DestinationScraper::~DestinationScraper() = default;

Result<std::string> DestinationScraper::Impl::Fetch(const std::stop_token& stop) {
  const MonoTime deadline = clock.Mono() + kTimeout;
  std::string body, why;
  const std::stop_callback cut(stop, [this] { http.stop(); });
  const auto result = http.Get(
      options.path, httplib::Headers{{"Accept", "text/plain;version=0.0.4"}, {"Accept-Encoding", "identity"}},
      [&](const httplib::Response& head) {
        if (head.status != 200) why = fmt::format("the server answered {}", head.status);
        return why.empty();
      },
      [&](const char* data, std::size_t size) {
        body.append(data, size);
        if (body.size() > kLargestPage) why = fmt::format("the page is larger than {} MiB", kLargestPage >> 20U);
        if (clock.Mono() > deadline)
          why = fmt::format("the page was not complete within {} s", kTimeout / std::chrono::seconds{1});
        return why.empty() && !stop.stop_requested();
      });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled");
  if (result) return body;
  if (why.empty()) why = Explain(result.error());
  return Fail(Code::kUnavailable, fmt::format("get {}: {}", options.Url(), why));
}

/// Says once what begins and ends, not at each scrape.
void DestinationScraper::Impl::Note(const measure::DestinationMetrics& before) {
  const auto& now = figures.Metrics();
  if (!now.trouble.empty() && before.trouble.empty()) {
    log::Warn("destination metrics are missing", {{"error", now.trouble}});
  } else if (now.trouble.empty() && (before.scrapes == 0 || !before.trouble.empty())) {
    log::Info("destination metrics are read", {{"url", options.Url()},
                                               {"figures", std::to_string(now.figures.size())},
                                               {"unreadableLines", std::to_string(figures.Unreadable())}});
  }
}

const measure::DestinationMetrics& DestinationScraper::Scrape(const std::stop_token& stop) {
  const auto page = impl_->Fetch(stop);
  if (stop.stop_requested()) return impl_->figures.Metrics();
  const measure::DestinationMetrics before = impl_->figures.Metrics();
  if (page) {
    impl_->figures.OnPage(*page, impl_->clock.Wall(), impl_->clock.Mono());
  } else {
    impl_->figures.OnFailure(page.error().message);
  }
  impl_->Note(before);
  return impl_->figures.Metrics();
}

}  // namespace dst_load::workers::churn
