#include "report/report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "measure/other_services.h"
#include "report/text.h"
#include "sample.h"

namespace dst_load::report {
namespace {

void RequireSameVerdict(const measure::Verdict& a, const measure::Verdict& b) {
  REQUIRE(a.outcome == b.outcome);
  REQUIRE(a.reason == b.reason);
  REQUIRE(a.message == b.message);
  REQUIRE(a.criteria.size() == b.criteria.size());
  for (std::size_t i = 0; i < a.criteria.size(); ++i) {
    REQUIRE(a.criteria[i].name == b.criteria[i].name);
    REQUIRE(a.criteria[i].limit == b.criteria[i].limit);
    REQUIRE(a.criteria[i].measured == b.criteria[i].measured);
    REQUIRE(a.criteria[i].result == b.criteria[i].result);
  }
}

void RequireSameWorkers(const coordination::RunView& a, const coordination::RunView& b) {
  REQUIRE(a.workers.size() == b.workers.size());
  for (std::size_t i = 0; i < a.workers.size(); ++i) {
    REQUIRE(a.workers[i].instance == b.workers[i].instance);
    REQUIRE(a.workers[i].pod == b.workers[i].pod);
    REQUIRE(a.workers[i].churn == b.workers[i].churn);
    REQUIRE(a.workers[i].attached == b.workers[i].attached);
    REQUIRE(a.workers[i].concluded == b.workers[i].concluded);
    REQUIRE(a.workers[i].fate == b.workers[i].fate);
    REQUIRE(a.workers[i].why == b.workers[i].why);
    REQUIRE(a.workers[i].trouble == b.workers[i].trouble);
    REQUIRE(a.workers[i].clock_offset == b.workers[i].clock_offset);
    REQUIRE(a.workers[i].clock_error == b.workers[i].clock_error);
  }
}

void RequireSameRun(const coordination::RunView& a, const coordination::RunView& b) {
  REQUIRE(a.stage == b.stage);
  REQUIRE(a.churn_attached == b.churn_attached);
  REQUIRE(a.progress == b.progress);
  REQUIRE(a.churn == b.churn);
  REQUIRE(a.clients == b.clients);
  REQUIRE(a.clients_attached == b.clients_attached);
  REQUIRE(a.clients_joined == b.clients_joined);
  REQUIRE(a.workers_lost == b.workers_lost);
  REQUIRE(a.facts.started == b.facts.started);
  REQUIRE(a.facts.finished == b.facts.finished);
  REQUIRE(a.facts.clients_expected == b.facts.clients_expected);
  REQUIRE(a.facts.clients_concluded == b.facts.clients_concluded);
  REQUIRE(a.facts.streams_expected == b.facts.streams_expected);
  REQUIRE(a.facts.streams_peak == b.facts.streams_peak);
  REQUIRE(a.facts.streams_at_end == b.facts.streams_at_end);
  REQUIRE(a.facts.saturated == b.facts.saturated);
  REQUIRE(a.facts.clock_jumped == b.facts.clock_jumped);
  REQUIRE(a.facts.clients_lost == b.facts.clients_lost);
  REQUIRE(a.facts.lost == b.facts.lost);
  REQUIRE(a.facts.clients_retired == b.facts.clients_retired);
  REQUIRE(a.facts.clients_most == b.facts.clients_most);
  REQUIRE(a.facts.abandoned == b.facts.abandoned);
  RequireSameWorkers(a, b);
  REQUIRE(a.offences == b.offences);
  REQUIRE(a.trouble == b.trouble);
}

void RequireSame(const Report& a, const Report& b) {
  REQUIRE(a.facts == b.facts);
  RequireSameVerdict(a.verdict, b.verdict);
  RequireSameRun(a.run, b.run);
  REQUIRE(a.services == b.services);
  REQUIRE(a.total == b.total);
  REQUIRE(a.convergence == b.convergence);
  REQUIRE(a.endings == b.endings);
  REQUIRE(a.timeline == b.timeline);
  REQUIRE(a.omitted == b.omitted);
}

Report Read(const std::string& text) {
  auto report = ReadReport(text);
  INFO((report ? "" : report.error().message));
  REQUIRE(report);
  return *std::move(report);
}

TEST_CASE("A report is read back as it was written", "[report]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const Report report = Gather(RandomFacts(random), RandomView(random), RandomVerdict(random));
    RequireSame(Read(WriteReport(report, 100 << 20)), report);
  }
}

TEST_CASE("Totals and gathered parts come from the view", "[report]") {
  const auto view = SampleView();
  const Report report = SampleReport();
  REQUIRE(report.total == view.clients.Total());
  REQUIRE(report.convergence == view.clients.convergence.Times());
  REQUIRE(report.run.clients.timeline.empty());
  REQUIRE(report.timeline.slots.size() == view.clients.timeline.Slots().size());
  std::uint64_t updates = 0;
  for (const auto& slot : report.timeline.slots) updates += slot.updates;
  REQUIRE(updates == report.total.credited);
}

TEST_CASE("Streams that the server ended with OK are told apart by its overflow counter", "[report]") {
  coordination::RunView view;
  view.clients.closed_ok = 9;
  view.clients.send_timeouts = 11;
  view.clients.streams_reset = 5;
  view.clients.errors["unavailable"] = 2;
  SECTION("without the counter they are not") {
    const auto endings = Gather({}, view, {}).endings;
    REQUIRE_FALSE(endings.overflow);
    REQUIRE_FALSE(endings.shutdown);
    REQUIRE(endings.closed_ok == 9);
    REQUIRE(endings.deadline == 2);
    REQUIRE(endings.reset == 5);
    REQUIRE(endings.errors.at("unavailable") == 2);
  }
  auto& overflows = view.churn.destination.figures[std::string(measure::DestinationMetrics::kOverflows)];
  overflows.Record(WallTime{}, 100);
  SECTION("one that stood still means shutdown") {
    const auto endings = Gather({}, view, {}).endings;
    REQUIRE(endings.overflow == 0);
    REQUIRE(endings.shutdown == 9);
  }
  SECTION("its growth is what overflowed") {
    overflows.Record(WallTime{Micros{1}}, 104);
    const auto endings = Gather({}, view, {}).endings;
    REQUIRE(endings.overflow == 4);
    REQUIRE(endings.shutdown == 5);
  }
  SECTION("but no more than there were") {
    overflows.Record(WallTime{Micros{1}}, 1e30);
    const auto endings = Gather({}, view, {}).endings;
    REQUIRE(endings.overflow == 9);
    REQUIRE(endings.shutdown == 0);
  }
}

TEST_CASE("What does not fit is left out in order and named", "[report]") {
  ReportFacts facts = SampleFacts();
  facts.calibration = R"({"p99Micros":2800})";
  const Report whole = Gather(facts, SampleView(), SampleVerdict());
  REQUIRE(whole.omitted.empty());
  std::size_t limit = WriteReport(whole, 100 << 20).size();
  REQUIRE(Read(WriteReport(whole, limit)).omitted.empty());

  std::vector<std::string> before;
  while (true) {
    const std::string text = WriteReport(whole, limit - 1);
    const Report read = Read(text);
    if (text.size() >= limit) break;  // nothing more to leave out
    limit = text.size();
    REQUIRE(read.omitted.size() > before.size());
    REQUIRE(std::equal(before.begin(), before.end(), read.omitted.begin()));
    before = read.omitted;
    // Never what the verdict rests on.
    RequireSameVerdict(read.verdict, whole.verdict);
    REQUIRE(read.total == whole.total);
    REQUIRE(read.run.clients.violations == whole.run.clients.violations);
    REQUIRE(read.endings == whole.endings);
    if (!read.services.empty()) REQUIRE(read.services == whole.services);
    REQUIRE_FALSE(RenderText(read).empty());
  }
  REQUIRE(before == std::vector<std::string>{"services.buckets", "timeline", "endpoints", "destination.series",
                                             "convergence.events", "services", "schedule.marks", "workers",
                                             "calibration", "spec"});
}

TEST_CASE("Nothing that was not there is said to be left out", "[report]") {
  const Report empty = Gather({}, {}, {});
  REQUIRE(Read(WriteReport(empty, 1)).omitted.empty());
}

TEST_CASE("A report of many services fits a ConfigMap", "[report]") {
  coordination::RunView view = SampleView();
  for (std::uint32_t service = 10; service < 150; ++service) {
    view.clients.services[service] = view.clients.services[service % 10];
  }
  const std::string text = MakeReport(SampleFacts(), view, SampleVerdict());
  REQUIRE(text.size() <= kDefaultSizeLimit);
  REQUIRE(Read(text).total == view.clients.Total());
}

TEST_CASE("A spec that is no JSON object is left out and named", "[report]") {
  ReportFacts facts;
  facts.spec = "pattern=oscillate";
  facts.calibration = "[1,2]";
  const Report report = Gather(facts, {}, {});
  REQUIRE(report.omitted == std::vector<std::string>{"spec", "calibration"});
  RequireSame(Read(WriteReport(report)), report);
}

TEST_CASE("What is no report is refused, naming the field", "[report]") {
  const auto refused = [](std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    const auto report = ReadReport(text);
    REQUIRE_FALSE(report);
    REQUIRE(IsInvalid(report.error()));
    return report.error().message;
  };
  const std::string good = WriteReport(SampleReport());
  REQUIRE(ReadReport(good));
  REQUIRE(refused(good, "report/v1", "report/v2") == "read report: schema: is not dst-load.dev/report/v1");
  REQUIRE(refused(good, "\"runID\"", "\"runId\"") == "read report: runID: is absent");
  REQUIRE(refused(good, "\"seed\":\"42\"", "\"seed\":42") == "read report: seed: is no string");
  REQUIRE(refused(good, "\"seed\":\"42\"", "\"seed\":\"4x\"") == "read report: seed: is no whole number in quotes");
  REQUIRE(refused(good, "\"outcome\":\"Fail\"", "\"outcome\":\"Bad\"") ==
          "read report: verdict.outcome: \"Bad\" is none of Pass, Fail, Inconclusive");
  REQUIRE(refused(good, "\"cores\":4", "\"cores\":-4") == "read report: machine.cores: is no count");
  REQUIRE(refused(good, "\"due\":", "\"due\":1") ==
          "read report: counts.due: is not the sum of updates, missing and pending");
  REQUIRE(refused(good, "\"buckets\":[[", "\"buckets\":[[999999,1],[").find("read report: legs.kubernetes: ") == 0);
  REQUIRE(refused(good, "\"buckets\":[[", "\"buckets\":[[1],[") ==
          "read report: legs.kubernetes.buckets: is no array of [index, count]");
  REQUIRE(ReadReport("").error().message == "read report: it is no JSON");
  REQUIRE(ReadReport("[]").error().message == "read report: it is no object");
}

TEST_CASE("A report with fields of a later time is read", "[report]") {
  std::string text = WriteReport(SampleReport(), 100 << 20);
  text.insert(1, "\"later\":{\"x\":[1]},");
  RequireSame(Read(text), SampleReport());
}

TEST_CASE("Broken reports are refused or harmless", "[report]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  int read = 0;
  for (int round = 0; round < 500; ++round) {
    std::string text =
        WriteReport(Gather(RandomFacts(random), RandomView(random), RandomVerdict(random)), 1 + random.Below(20000));
    const std::string bytes = "0123456789-[]{},:\"enul.";
    for (auto n = 1 + random.Below(3); n > 0; --n) text[random.Below(text.size())] = bytes[random.Below(bytes.size())];
    const auto report = ReadReport(text);
    if (!report) {
      REQUIRE(IsInvalid(report.error()));
      continue;
    }
    ++read;
    REQUIRE_FALSE(RenderText(*report).empty());
  }
  REQUIRE(read > 20);
}

TEST_CASE("A spec is flattened in its order", "[report]") {
  using Leaves = std::vector<std::pair<std::string, std::string>>;
  REQUIRE(Flatten(R"({"b":{"x":1,"y":[true,{"z":"t"}]},"a":[],"c":null})") ==
          Leaves{{"b.x", "1"}, {"b.y[0]", "true"}, {"b.y[1].z", "t"}, {"a", "[]"}, {"c", "null"}});
  REQUIRE(Flatten("").empty());
  REQUIRE(Flatten("{}").empty());
  REQUIRE(Flatten("[1]").empty());
}

TEST_CASE("Reports from before there were losses and clocks that are set are read", "[report]") {
  auto json = nlohmann::json::parse(WriteReport(SampleReport()));
  for (const char* later : {"clientsRetired", "clientsMost", "clientsLost", "lost", "clockLost", "streamsAtEnd"}) {
    REQUIRE(json["run"].erase(later) == 1);
  }
  REQUIRE_FALSE(json["workers"].empty());
  for (auto& worker : json["workers"]) {
    REQUIRE(worker.erase("fate") == 1);
    REQUIRE(worker.erase("why") == 1);
  }
  const auto old = ReadReport(json.dump());
  INFO((old ? "" : old.error().message));
  REQUIRE(old);
  CHECK(old->run.facts.clients_lost == 0);
  CHECK(old->run.facts.streams_at_end == 0);
  CHECK_FALSE(old->run.facts.clock_lost);
  json["run"]["clientsLost"] = 1;
  CHECK_FALSE(ReadReport(json.dump()));
}

TEST_CASE("Services that were added up have no name of one", "[report]") {
  Report report = SampleReport();
  for (const auto index : {measure::kOtherServices, measure::kOtherServicesWithSlowReaders}) {
    report.run.clients.services[index] = report.run.clients.services.begin()->second;
    report.services[index] = report.services.begin()->second;
  }
  for (const std::string prefix : {"test-service", ""}) {
    report.facts.service_prefix = prefix;
    const auto read = ReadReport(WriteReport(report));
    REQUIRE(read);
    CHECK(read->services == report.services);
    CHECK(ServiceName(read->facts, measure::kOtherServices) == "several services");
    CHECK(ServiceName(read->facts, measure::kOtherServicesWithSlowReaders) == "several services");
    CHECK(ServiceName(read->facts, 2) != "several services");
  }
}

TEST_CASE("A report tells the name of each service, and one that does not is read as well", "[report]") {
  auto json = nlohmann::json::parse(WriteReport(SampleReport()));
  REQUIRE(json["serviceNamePrefix"] == "test-service");
  for (const auto& service : json["services"]) {
    REQUIRE(service["name"] == "test-service-" + std::to_string(service["service"].get<int>() + 1));
  }
  json.erase("serviceNamePrefix");
  for (auto& service : json["services"]) service.erase("name");
  const auto old = ReadReport(json.dump());
  REQUIRE(old);
  REQUIRE(ServiceName(old->facts, 2) == "index 2");
  json["serviceNamePrefix"] = 7;
  REQUIRE_FALSE(ReadReport(json.dump()));
}

}  // namespace
}  // namespace dst_load::report
