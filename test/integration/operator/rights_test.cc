#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/schedule.h"
#include "operator/schedule_controller.h"
#include "test/integration/crd/install.h"
#include "test/integration/operator/cluster.h"
#include "test/integration/operator/later_clock.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

constexpr kube::Resource kClusterRoles{"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false};
constexpr kube::Resource kClusterRoleBindings{"rbac.authorization.k8s.io", "v1", "clusterrolebindings",
                                              "ClusterRoleBinding", false};

/// A client that may do what operator/rbac.yaml says and, in its own namespace, what the chart adds.
std::unique_ptr<kube::Client> ClientWithOperatorsRights(Cluster& cluster) {
  const auto rules = test_support::ReadYaml(DST_LOAD_SOURCE_DIR "/operator/rbac.yaml");
  REQUIRE(rules);
  const json alice = json::array({{{"kind", "User"}, {"name", "alice"}, {"apiGroup", "rbac.authorization.k8s.io"}}});
  const auto bind = [&](const std::string& name, const json& role_rules) {
    REQUIRE(cluster.Api().Apply(kClusterRoles, "",
                                {{"apiVersion", kClusterRoles.ApiVersion()},
                                 {"kind", "ClusterRole"},
                                 {"metadata", {{"name", name}}},
                                 {"rules", role_rules}},
                                "test"));
    REQUIRE(cluster.Api().Apply(
        kClusterRoleBindings, "",
        {{"apiVersion", kClusterRoles.ApiVersion()},
         {"kind", "ClusterRoleBinding"},
         {"metadata", {{"name", name}}},
         {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", name}}},
         {"subjects", alice}},
        "test"));
  };
  bind("operator-rights", rules->at("rules"));
  auto client = kube::Client::Create(test_support::SharedApiServer().Bearer("alice-token"), {}, SystemClock());
  REQUIRE(client);
  return std::move(*client);
}

TEST_CASE("The rights of operator/rbac.yaml suffice from the first child to the last that is deleted",
          "[operator][rights]") {
  Cluster cluster("rights");
  const auto limited = ClientWithOperatorsRights(cluster);
  cluster.StopController();
  prometheus::Registry registry;
  OperatorMetrics metrics(registry);
  ControllerOptions options;
  options.watch_namespace = options.own_namespace = cluster.Namespace();
  options.coordinator_bind = "127.0.0.1";
  options.coordinator_port = 0;
  options.children = {"dst-load:test", "Never", "127.0.0.1:9092", "cluster.local"};
  LoadTestWatch tests(*limited, cluster.Namespace(), SystemClock());
  const auto controller = Controller::Start(*limited, tests, options, nullptr, metrics, SystemClock());
  REQUIRE(controller);
  cluster.Apply(R"({"client":{"replicas":1},"startupDeadline":"3s","cleanup":"OnSuccess","ttlAfterFinished":"0s"})");
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  REQUIRE(cluster.AwaitPhase(Phase::kFailed));
  CHECK(cluster.TestStatus().reason == "StartupDeadlineExceeded");
  CHECK(Cluster::Await([&] { return !cluster.Exists(kube::kDeployments, "x-client"); }));
  cluster.PatchStatus(kube::kPods, "x-churn", R"({"phase":"Succeeded"})");
  CHECK(Cluster::Await([&] { return cluster.TestStatus().children_deleted_time.has_value(); }));
  CHECK_FALSE(cluster.Exists(kube::kRoles, "x-churn"));
  CHECK_THAT(metrics.Render(), Catch::Contains("controller_runtime_reconcile_errors_total{controller=\"loadtest\"} 0"));
}

TEST_CASE("The rights of operator/rbac.yaml suffice to make a scheduled test and to tell of it", "[operator][rights]") {
  Cluster cluster("schedule-rights");
  REQUIRE(test_support::InstallSchedules(cluster.Api()));
  const auto limited = ClientWithOperatorsRights(cluster);
  REQUIRE(cluster.Api().Create(
      kSchedules, cluster.Namespace(),
      {{"apiVersion", kSchedules.ApiVersion()},
       {"kind", kSchedules.kind},
       {"metadata", {{"name", "s"}}},
       {"spec", {{"schedule", "* * * * *"}, {"loadTestTemplate", {{"spec", {{"stop", true}}}}}}}}));
  const LaterClock clock(std::chrono::hours{1});
  LoadTestWatch tests(*limited, cluster.Namespace(), clock);
  const auto controller =
      ScheduleController::Start(*limited, tests, {cluster.Namespace(), "/none"}, nullptr, cluster.Metrics(), clock);
  CHECK(Cluster::Await(
      [&] { return !kube::StringAt(cluster.Object(kSchedules, "s"), "status.lastScheduleTime").empty(); }));
}

TEST_CASE("No right is a wildcard, and Secrets are never listed", "[operator][rights]") {
  const auto rules = test_support::ReadYaml(DST_LOAD_SOURCE_DIR "/operator/rbac.yaml");
  REQUIRE(rules);
  for (const json& rule : rules->at("rules")) {
    CHECK(rule.dump().find('*') == std::string::npos);
    if (rule.at("resources") != json::array({"secrets"})) continue;
    CHECK(rule.at("verbs").dump().find("list") == std::string::npos);
    CHECK(rule.at("verbs").dump().find("watch") == std::string::npos);
  }
}

}  // namespace
}  // namespace dst_load::op::test
