#include "workers/calibrate/result.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace dst_load::workers::calibrate {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

/// 1,000 streams at 10,000 updates a second for 10 s: 100,000 updates in 10,000 messages.
CellResult Good() {
  CellResult result;
  result.cell = {1'000, 100, 10'000, 10s};
  result.credited_in_time = result.due = result.credited = 100'000;
  result.messages_in_time = 10'000;
  result.added.Record(200us, 99'000);
  result.added.Record(2ms, 1'000);
  result.cpu = 500ms;
  result.sent = {10'000, 50us, 150us, 3ms, 250ms};
  return result;
}

Calibration Of(CellResult result) {
  return {{2, 8ULL << 30U, "Linux 6.1.0 x86_64"},
          "Some CPU",
          0.25,
          WallTime{std::chrono::hours{24 * 365 * 56}},
          "1.2.3",
          2,
          {std::move(result)}};
}

TEST_CASE("A cell that reached its rate shows its latencies", "[calibrate]") {
  const CellResult result = Good();
  CHECK(result.Reached());
  CHECK(result.IsResult());
  CHECK(result.UpdatesPerSecond() == Approx(10'000));
  CHECK(result.MessagesPerSecond() == Approx(1'000));
  CHECK(result.CpuPercent() == Approx(5));
  CHECK_FALSE(result.Saturated());
  const std::string table = RenderTable(Of(result));
  CHECK_THAT(table, Contains("2 x Some CPU, Linux 6.1.0 x86_64, 8.0 GiB, load 0.25; 2 client threads"));
  CHECK_THAT(table, Contains("    1000      10000      10000        1000    200us"));
  CHECK_THAT(table, Contains(" 2ms ") && Contains("5%") && Contains("150us"));
}

TEST_CASE("A cell that fell short of its rate is said not to be reached, without latencies", "[calibrate]") {
  CellResult result = Good();
  result.credited_in_time = 98'900;
  CHECK_FALSE(result.Reached());
  CHECK_FALSE(result.IsResult());
  CHECK(result.Saturated());
  const std::string table = RenderTable(Of(result));
  CHECK_THAT(table, Contains("not reached") && !Contains("200us"));
  const json out = json::parse(RenderJson(Of(result)));
  CHECK(out["cells"][0]["reached"] == false);
  CHECK(out["cells"][0]["noResult"] == "not reached");
  CHECK_FALSE(out["cells"][0].contains("added"));
  result.credited_in_time = 99'000;
  CHECK(result.Reached());
}

TEST_CASE("A cell that lost updates is no result, and neither is one that counted others than it sent", "[calibrate]") {
  CellResult lost = Good();
  lost.missing = 1;
  CHECK_FALSE(lost.IsResult());
  CHECK_THAT(RenderTable(Of(lost)), Contains("updates missing"));
  CellResult pending = Good();
  pending.pending = 1;
  CHECK_THAT(RenderTable(Of(pending)), Contains("updates missing"));
  CellResult wrong = Good();
  wrong.violations = 1;
  CHECK_THAT(RenderTable(Of(wrong)), Contains("invariants violated"));
  CellResult strange = Good();
  strange.due = 99'999;
  CHECK_THAT(RenderTable(Of(strange)), Contains("miscounted"));
}

TEST_CASE("A client that says that it could not keep up is saturated", "[calibrate]") {
  CellResult result = Good();
  result.saturation = "its threads were 97% busy";
  CHECK(result.Saturated());
  CHECK_THAT(RenderTable(Of(result)), Contains(" yes "));
  const json out = json::parse(RenderJson(Of(result)));
  CHECK(out["cells"][0]["saturated"] == true);
  CHECK(out["cells"][0]["saturation"] == "its threads were 97% busy");
}

TEST_CASE("The JSON has every figure in whole microseconds, and the machine", "[calibrate]") {
  const json out = json::parse(RenderJson(Of(Good())));
  CHECK(out["schema"] == "dst-load.dev/calibration/v1");
  CHECK(out["version"] == "1.2.3");
  CHECK(out["time"].get<std::string>().ends_with("Z"));
  CHECK(out["machine"] == json{{"cores", 2},
                               {"model", "Some CPU"},
                               {"kernel", "Linux 6.1.0 x86_64"},
                               {"memoryBytes", 8ULL << 30U},
                               {"load", 0.25}});
  CHECK(out["server"] == "child process");
  CHECK(out["threads"] == 2);
  CHECK(out["endpointsPerMessage"] == 10);
  const json& cell = out["cells"].at(0);
  CHECK(cell["streams"] == 1'000);
  CHECK(cell["services"] == 100);
  CHECK(cell["updatesPerSecondWanted"] == 10'000);
  CHECK(cell["durationMicros"] == 10'000'000);
  CHECK(cell["due"] == 100'000);
  CHECK(cell["missing"] == 0);
  CHECK(cell["violations"] == 0);
  CHECK(cell["added"]["count"] == 100'000);
  CHECK(cell["added"]["p50Micros"] == 200);
  CHECK(cell["added"]["maxMicros"] == 2'000);
  CHECK(cell["server"]["messages"] == 10'000);
  CHECK(cell["server"]["cpuPercent"] == Approx(2.5));
  CHECK(cell["server"]["sendLag"] == json{{"p50Micros", 50}, {"p99Micros", 150}, {"maxMicros", 3'000}});
}

}  // namespace
}  // namespace dst_load::workers::calibrate
