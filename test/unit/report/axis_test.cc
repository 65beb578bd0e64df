#include <catch2/catch.hpp>

#include "report/figure_text.h"
#include "report/plot.h"

namespace dst_load::report {
namespace {

std::vector<std::string> Labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks) labels.push_back(tick.label);
  return labels;
}

using Texts = std::vector<std::string>;

TEST_CASE("Time is told in steps that people count in", "[axis]") {
  REQUIRE(Labels(TimeAxis(-10, 360, "t")) == Texts{"0s", "1m", "2m", "3m", "4m", "5m", "6m"});
  REQUIRE(Labels(TimeAxis(0, 6, "t")) == Texts{"0s", "1s", "2s", "3s", "4s", "5s", "6s"});
  REQUIRE(Labels(TimeAxis(0, 5 * 3600, "t")) == Texts{"0s", "1h", "2h", "3h", "4h", "5h"});
  REQUIRE(TimeAxis(0, 1e12, "t").ticks.size() < 10);
}

TEST_CASE("Spans are told in decades, with 2 and 5 when there are few", "[axis]") {
  REQUIRE(Labels(LogSpanAxis(1500, 18000, "l")) == Texts{"1ms", "2ms", "5ms", "10ms", "20ms"});
  REQUIRE(Labels(LogSpanAxis(64, 11e6, "l")) == Texts{"10us", "100us", "1ms", "10ms", "100ms", "1s", "10s"});
  REQUIRE(LogSpanAxis(1000, 1000, "l").high > LogSpanAxis(1000, 1000, "l").low);
  REQUIRE(LogSpanAxis(-5, 0, "l").low == 1);
  const Axis axis = LogSpanAxis(1500, 18000, "l");
  REQUIRE(axis.low <= 1500);
  REQUIRE(axis.high >= 18000);
}

TEST_CASE("Other figures start at zero and end at a round number", "[axis]") {
  REQUIRE(Labels(LinearAxis(2000, "n", NumberText)) == Texts{"0", "500", "1,000", "1,500", "2,000"});
  REQUIRE(Labels(LinearAxis(0.7, "n", NumberText)) == Texts{"0", "0.2", "0.4", "0.6", "0.8"});
  REQUIRE(Labels(LinearAxis(362.0 * (1 << 20), "b", BytesText, true)) == Texts{"0 B", "128 MiB", "256 MiB", "384 MiB"});
  REQUIRE(LinearAxis(0, "n", NumberText).high == 1);
  REQUIRE(LinearAxis(1e-320, "n", NumberText).ticks.size() < 10);
}

TEST_CASE("Quantiles are told in nines", "[axis]") {
  REQUIRE(Labels(QuantileAxis(20000, "q")) == Texts{"0%", "50%", "90%", "99%", "99.9%", "99.99%"});
  REQUIRE(Labels(QuantileAxis(0, "q")) == Texts{"0%", "50%", "90%"});
}

TEST_CASE("An axis places values between its ends", "[axis]") {
  const Axis log{"", 1, 100, true, {}};
  REQUIRE(log.Share(10) == Approx(0.5));
  REQUIRE(log.Share(0) == 0);
  REQUIRE(log.Share(1e9) == 1);
  const Axis linear{"", 0, 4, false, {}};
  REQUIRE(linear.Share(1) == Approx(0.25));
  REQUIRE(linear.Share(-1) == 0);
}

}  // namespace
}  // namespace dst_load::report
