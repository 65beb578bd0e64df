#include "played_run.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/base64.h"
#include "operator/load_test.h"
#include "operator/views.h"

namespace dst_load::op::bench {
namespace {

constexpr std::uint64_t kStreams = 10;
const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};

}  // namespace

const char* const kPlayedSpec = R"({
  "destination": {"address": "d:1"}, "workload": {"services": 1},
  "churn": {"pattern": "oscillate", "minEndpoints": 1, "maxEndpoints": 5, "minHold": "1s", "maxHold": "1s"},
  "client": {"replicas": 2, "streamsPerService": 10}})";

coordination::SessionOptions SessionOf(kube::Client& client, const std::string& ns, const std::string& name,
                                       const std::string& address) {
  const auto secret = client.Get(kube::kSecrets, ns, name + "-run");
  const auto test = client.Get(kLoadTests, ns, name);
  REQUIRE(secret);
  REQUIRE(test);
  coordination::SessionOptions options;
  options.address = address;
  options.credentials.ca_pem = kube::DecodeBase64(secret->at("data").at("ca.crt").get<std::string>()).value();
  options.credentials.token = TokenOf(*secret);
  options.run_id = ParseLoadTest(*test).status.run_id;
  return options;
}

PlayedRun::PlayedRun(kube::Client& client, coordination::test::Theatre& theatre, const std::string& ns,
                     const std::string& name, const std::string& address) {
  coordination::SessionOptions options = SessionOf(client, ns, name, address);
  const auto as = [&](const std::string& instance) {
    options.instance = instance;
    options.pod = name + "-" + instance;
    return options;
  };
  churn_ = std::make_unique<coordination::test::Churn>(theatre, as("churn"));
  one_ = std::make_unique<coordination::test::Client>(theatre, as("one"), kStreams);
  two_ = std::make_unique<coordination::test::Client>(theatre, as("two"), kStreams);
  churn_->Begin(kFirst);
  churn_->Report(coordination::ChurnStep::kReady);
}

void PlayedRun::Beat() {
  one_->Withhold(0);
  two_->Withhold(0);
  odd_ = !odd_;
  if (!odd_ || churn_->Starts() == 0) return;
  churn_->Grow(1);
  churn_->Report(coordination::ChurnStep::kHoldMax, 1);
}

}  // namespace dst_load::op::bench
