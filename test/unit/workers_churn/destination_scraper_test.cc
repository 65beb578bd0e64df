#include "workers/churn/destination_scraper.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "base/http_server.h"

namespace dst_load::workers::churn {
namespace {

struct Destination {
  HttpServer server;

  ScrapeOptions Serve(std::function<HttpPage()> page) {
    server.Page("/metrics", std::move(page));
    REQUIRE(server.Start(0));
    return Options("/metrics");
  }
  ScrapeOptions Options(const std::string& path) const {
    const auto options = ParseScrapeUrl(fmt::format("http://127.0.0.1:{}{}", server.Port(), path));
    REQUIRE(options);
    return *options;
  }
};

measure::DestinationMetrics ScrapeOnce(const ScrapeOptions& options) {
  DestinationScraper scraper(options, SystemClock());
  return scraper.Scrape({});
}

TEST_CASE("An address is read into its parts, and only http:// is taken", "[scrape]") {
  const auto options = ParseScrapeUrl("http://linkerd-destination.linkerd:9996/metrics");
  REQUIRE(options);
  CHECK(options->host == "linkerd-destination.linkerd");
  CHECK(options->port == 9996);
  CHECK(options->path == "/metrics");
  CHECK(options->Url() == "http://linkerd-destination.linkerd:9996/metrics");
  CHECK(ParseScrapeUrl("http://[fd00::1]:1/x")->Url() == "http://[fd00::1]:1/x");
  CHECK(ParseScrapeUrl("http://a")->Url() == "http://a:80/");
  for (const char* url : {"", "a:9996/metrics", "https://a/metrics", "http://", "http://a:0/", "http://a:99999/",
                          "http://a b/", "http://user@a/"}) {
    INFO(url);
    CHECK_FALSE(ParseScrapeUrl(url));
  }
}

TEST_CASE("A page that is served is read, again and again", "[scrape]") {
  Destination destination;
  int served = 0;
  const auto options = destination.Serve([&] { return HttpPage{200, fmt::format("go_goroutines {}\n", ++served)}; });
  DestinationScraper scraper(options, SystemClock());
  scraper.Scrape({});
  const measure::DestinationMetrics metrics = scraper.Scrape({});
  CHECK(metrics.scrapes == 2);
  CHECK(metrics.failures == 0);
  REQUIRE(metrics.Find("goroutines"));
  CHECK(metrics.Find("goroutines")->first == 1);
  CHECK(metrics.Find("goroutines")->last == 2);
}

TEST_CASE("What goes wrong is counted and said: no server, no page, a page that is too large", "[scrape]") {
  Destination destination;
  const auto options = destination.Serve([] { return HttpPage{200, std::string((8U << 20U) + 1, '#')}; });
  const auto large = ScrapeOnce(options);
  CHECK(large.failures == 1);
  CHECK_THAT(large.trouble, Catch::Contains("larger than 8 MiB") && Catch::Contains(options.Url()));
  const auto missing = ScrapeOnce(destination.Options("/other"));
  CHECK(missing.failures == 1);
  CHECK_THAT(missing.trouble, Catch::Contains("the server answered 404"));
  auto nobody = std::make_unique<Destination>();
  const auto gone = nobody->Serve([] { return HttpPage{}; });
  nobody.reset();
  const auto refused = ScrapeOnce(gone);
  CHECK(refused.failures == 1);
  CHECK_THAT(refused.trouble, Catch::Equals("get " + gone.Url() + ": cannot connect"));
}

TEST_CASE("A scrape that is stopped half way counts as nothing", "[scrape]") {
  Destination destination;
  std::stop_source stop;
  const auto options = destination.Serve([&] {
    stop.request_stop();
    return HttpPage{200, "go_goroutines 1\n"};
  });
  DestinationScraper scraper(options, SystemClock());
  const auto metrics = scraper.Scrape(stop.get_token());
  CHECK(metrics.scrapes == 0);
  CHECK(metrics.failures == 0);
}

}  // namespace
}  // namespace dst_load::workers::churn
