#include <array>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "operator/children.h"
#include "operator/reasons.h"
#include "operator/reconcile.h"
#include "operator/views.h"
#include "operator/worker_args.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

constexpr std::uint64_t kManifests = 10'000;
const ChildOptions kOptions{"dst-load:dev", "Never", "coordinator.dst-load.svc:9092", "cluster.local"};

/// A LoadTest with all of its fields.
const char* const kWhole = R"({
  "apiVersion": "dst-load.dev/v1alpha1", "kind": "LoadTest",
  "metadata": {"name": "x", "namespace": "ns", "uid": "uid-1", "resourceVersion": "7", "generation": 1},
  "spec": {
    "destination": {"address": "d:8086", "metricsURL": "http://d:9996/metrics", "contextNodes": 3},
    "workload": {"services": 10, "namePrefix": "test-service"},
    "churn": {"pattern": "oscillate", "minEndpoints": 10, "maxEndpoints": 200, "endpointsPerService": 100,
              "minHold": "2m", "maxHold": "5m", "jitter": "5s", "cycles": 3, "duration": "1h", "seed": 42},
    "client": {"replicas": 10, "streamsPerService": 10, "streamsPerConnection": 100, "rampUp": "30s",
               "streamMaxLifetime": "5m", "streamResetInterval": "10m",
               "slowReaders": {"percent": 5, "readDelay": "1s"}, "maxLostPercent": "12.5"},
    "criteria": {"kubernetes": {"p50": "1s", "p95": "2s"}, "destination": {"p99": "500ms", "p999": "1s"},
                 "endToEnd": {"p95": "500ms", "p99": "2s", "max": "10s"}, "streamTimeoutPercent": "0.5",
                 "destinationMemory": "8Gi", "destinationMemoryGrowth": 1024, "invariants": true},
    "convergenceDeadline": "60s", "startupDeadline": "5m", "deadline": "2h", "cleanup": "OnSuccess",
    "abortOnBreach": true, "stop": false},
  "status": {
    "observedGeneration": 1, "phase": "Running", "verdict": "Pass", "reason": "r", "message": "m", "runID": "run1",
    "startTime": "2027-01-15T08:00:00Z", "runningTime": "2027-01-15T08:00:10Z",
    "completionTime": "2027-01-15T08:10:00Z", "cycles": "2/3",
    "churn": {"podName": "x-churn", "step": "HoldMax", "cycle": 2, "cycles": 3, "scaleEvents": 7, "changes": 9,
              "endpoints": 100, "targetEndpoints": 200, "seed": "42"},
    "client": {"replicas": 10, "ready": 10, "streams": 1000, "targetStreams": 1000, "due": 5, "updates": 5,
               "missing": 0, "resets": 0, "errors": 0, "sendTimeouts": 0,
               "lost": 1, "retired": 2, "abandoned": 3},
    "latency": {"kubernetes": {"count": 1, "p50": "1ms"}, "destination": {"count": 1, "p99": "2ms"},
                "endToEnd": {"count": 1, "max": "3ms"}, "convergence": {"count": 1, "p999": "4ms"}},
    "report": {"configMap": "x-run1-report"}, "violations": {"total": 0, "no_flap": 0}, "offences": ["a"],
    "criteria": [{"name": "destination.p99", "limit": "1s", "measured": "2ms", "result": "Pass"}],
    "conditions": [{"type": "Ready", "status": "False", "reason": "Running", "message": "m",
                    "observedGeneration": 1, "lastTransitionTime": "2027-01-15T08:00:00Z"}]}})";

json Oddity(Random& random) {
  switch (random.Below(21)) {
    case 0:
      return nullptr;
    case 1:
      return random.Below(2) == 0;
    case 2:
      return std::numeric_limits<std::int64_t>::max();
    case 3:
      return std::numeric_limits<std::int64_t>::min();
    case 4:
      return std::numeric_limits<std::uint64_t>::max();
    case 5:
      return 1e308;
    case 6:
      return -static_cast<std::int64_t>(random.Below(1'000'000));
    case 7:
      return random.Next();
    case 8:
      return random.Below(2'000'000);
    case 9:
      return 0.1;
    case 10:
      return std::string(random.Below(5'000), 'a');
    case 11:
      return json::array({1, "a", nullptr});
    case 12:
      return json::object();
    case 13:
      return "99999999999999999999h";
    case 14:
      return "-1s";
    case 15:
      return "9999-12-31T23:59:59.999999Z";
    case 16:
      return "1e400Ei";
    case 17:
      return "\xE2\x80\xAE{1..99}\n\t\"'--";
    case 18:
      return std::array{"Pending", "Starting", "Draining", "Succeeded", "Failed", "Stopped"}[random.Below(6)];
    case 19: {
      std::string wide(random.Below(3), 'a');
      for (int i = 0; i < 400; ++i) wide += "\xC3\xA9";
      return wide;
    }
    default:
      return "100y";
  }
}

/// One of the values in `root`, itself not among them.
json* SomeValue(json& root, Random& random) {
  json* at = &root;
  while (at->is_structured() && !at->empty()) {
    auto member = at->begin();
    std::advance(member, static_cast<std::ptrdiff_t>(random.Below(at->size())));
    at = &*member;
    if (random.Below(4) == 0) break;
  }
  return at == &root ? nullptr : at;
}

void EraseSome(json& root, Random& random) {
  json* at = SomeValue(root, random);
  if (at == nullptr || !at->is_structured() || at->empty()) return;
  auto member = at->begin();
  std::advance(member, static_cast<std::ptrdiff_t>(random.Below(at->size())));
  at->erase(member);
}

json Mutated(const json& whole, Random& random) {
  json made = whole;
  for (auto left = 1 + random.Below(6); left > 0; --left) {
    json* at = SomeValue(made, random);
    if (at == nullptr) break;
    switch (random.Below(4)) {
      case 0:
        EraseSome(made, random);
        break;
      case 1:
        if (json* other = SomeValue(made, random)) *at = json(*other);
        break;
      default:
        *at = Oddity(random);
    }
  }
  return made;
}

/// A world around `test` in which anything may be missing.
Observed World(LoadTest test, Random& random) {
  // Made once: the histograms of a run take longer than all that is tested here.
  static const std::array kWorlds{sample::Healthy(Phase::kNone), sample::Healthy(Phase::kStarting),
                                  sample::Healthy(Phase::kRunning), sample::Healthy(Phase::kDraining),
                                  sample::Healthy(Phase::kSucceeded)};
  Observed seen = kWorlds[random.Below(kWorlds.size())];
  const auto lacks = [&random] { return random.Below(4) == 0; };
  if (lacks()) seen.churn_pod.reset();
  if (lacks()) seen.clients.reset();
  if (lacks()) seen.secret.reset();
  if (!lacks()) seen.run.reset();
  if (lacks()) seen.run_known = false;
  if (lacks()) seen.support_applied = false;
  if (lacks()) seen.trouble = ApplyTrouble{"churn Pod", {Code::kForbidden, "exceeded quota: none"}};
  seen.test = std::move(test);
  return seen;
}

/// One of the objects that the operator would send; dump() throws for what is no text.
std::string BuildOne(const LoadTest& test, Random& random) {
  switch (random.Below(8)) {
    case 0:
      return BuildServiceAccount(test, kChurn).dump();
    case 1:
      return BuildChurnRole(test).dump();
    case 2:
      return BuildChurnRoleBinding(test).dump();
    case 3:
      return BuildRunSecret(test, "ca", "token").dump();
    case 4:
      return BuildReport(test, "{}", "<x/>").dump() + BuildCheckpoint(test, "bytes").dump();
    case 5:
      return BuildClients(test, kOptions).dump();
    default:
      return BuildChurnPod(test, kOptions).dump();
  }
}

TEST_CASE("Ten thousand random manifests each end in a plan or a clear error", "[fuzz]") {
  const json whole = json::parse(kWhole);
  REQUIRE(ParseLoadTest(whole).invalid.empty());
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 0; seed < kManifests; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const json manifest = Mutated(whole, random);
    const LoadTest test = ParseLoadTest(manifest);
    const Observed seen = World(test, random);
    const Plan plan = Reconcile(seen, sample::kStart + std::chrono::seconds{random.Below(10'000)});
    const LoadTestStatus after = sample::StatusAfter(seen, plan);
    // It takes longer than all the rest.
    if (seed % 4 == 0) REQUIRE(ParseStatus({{"status", StatusToJson(after)}}) == after);
    if (test.invalid.empty()) {
      REQUIRE_FALSE(BuildOne(test, random).empty());
      continue;
    }
    ++refused;
    // "spec.client.replicas: …", and never a run.
    REQUIRE(test.invalid.starts_with("spec."));
    REQUIRE(test.invalid.find(": ") != std::string::npos);
    if (IsTerminal(test.status.phase)) continue;
    REQUIRE(after.phase == Phase::kFailed);
    REQUIRE(after.reason == reason::kInvalidSpec);
    REQUIRE(after.message == test.invalid);
    REQUIRE(plan.Find<action::CreateChurnPod>() == nullptr);
    REQUIRE(plan.Find<action::ApplyClients>() == nullptr);
  }
  CHECK(refused > kManifests / 10);
  CHECK(refused < kManifests * 9 / 10);
}

/// `hundredths` of a percent, as people write it: "12.50" or "12.5", "10.000" or "10".
std::string Percentage(std::uint64_t hundredths, Random& random) {
  const auto digits = 2 + random.Below(3);
  std::string text = fmt::format("{:.{}f}", static_cast<double>(hundredths) / 100, digits);
  if (random.Below(2) == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

TEST_CASE("Ten thousand random shares of clients that may be lost are each taken or refused by name", "[fuzz]") {
  const json whole = json::parse(kWhole);
  for (std::uint64_t seed = 0; seed < kManifests; ++seed) {
    Random random(seed);
    const std::uint64_t hundredths = random.Below(20'001);
    std::string text = Percentage(hundredths, random);
    const bool odd = random.Below(4) == 0;
    if (odd) text.insert(random.Below(2) == 0 ? 0 : text.size(), std::array{"-", "+", "%", " ", "x"}[random.Below(5)]);
    INFO("seed " << seed << ": " << text);
    json manifest = whole;
    manifest["spec"]["client"]["maxLostPercent"] = text;
    const LoadTest test = ParseLoadTest(manifest);
    if (hundredths <= 10'000 && (!odd || (hundredths == 0 && text.front() == '-'))) {
      REQUIRE(test.invalid.empty());
      REQUIRE(test.spec.criteria.max_lost_percent == Approx(static_cast<double>(hundredths) / 100).margin(1e-9));
    } else {
      REQUIRE(test.invalid.starts_with("spec.client.maxLostPercent: "));
    }
  }
}

TEST_CASE("Random objects in place of children are read or refused", "[fuzz]") {
  LoadTest test = ParseLoadTest(json::parse(kWhole));
  json pod = BuildChurnPod(test, kOptions);
  pod["status"] = json::parse(R"({"phase": "Running", "reason": "r", "message": "m",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "m"}],
    "containerStatuses": [{"name": "churn", "ready": true, "restartCount": 3,
      "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "m"}},
      "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]})");
  json clients = BuildClients(test, kOptions);
  clients["status"] = json::parse(R"({"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "m"}]})");
  const json secret = BuildRunSecret(test, "ca", "token");
  Observed running = sample::Healthy(Phase::kRunning);
  running.run.reset();
  for (std::uint64_t seed = 0; seed < kManifests / 5; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Observed seen = running;
    if (auto view = ParsePod(Mutated(pod, random))) seen.churn_pod = std::move(*view);
    if (auto view = ParseDeployment(Mutated(clients, random))) seen.clients = std::move(*view);
    const json held = Mutated(secret, random);
    seen.secret = ParseSecret(held);
    REQUIRE(TokenOf(held).size() < 10'000);
    REQUIRE_FALSE(StatusToJson(sample::StatusAfter(seen, Reconcile(seen, sample::kStart))).dump().empty());
  }
}

}  // namespace
}  // namespace dst_load::op
