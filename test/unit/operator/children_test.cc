#include "operator/children.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/base64.h"
#include "operator/worker_args.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

LoadTest Test() { return sample::Test(Phase::kStarting); }
ChildOptions Options() { return {"dst-load:dev", "Never", "coordinator.dst-load.svc:9092", "cluster.local"}; }

bool Has(const std::vector<std::string>& args, const std::string& arg) {
  return std::find(args.begin(), args.end(), arg) != args.end();
}

TEST_CASE("Every child is named after its LoadTest and owned by it", "[children]") {
  const LoadTest test = Test();
  const json children[] = {
      BuildServiceAccount(test, kChurn), BuildServiceAccount(test, kClient),  BuildChurnRole(test),
      BuildChurnRoleBinding(test),       BuildRunSecret(test, "ca", "token"), BuildCheckpoint(test, "bytes"),
      BuildChurnPod(test, Options()),    BuildClients(test, Options())};
  for (const json& child : children) {
    INFO(child.dump());
    const json& meta = child.at("metadata");
    CHECK_THAT(meta.at("name").get<std::string>(), Catch::StartsWith("x-"));
    CHECK(meta.at("namespace") == "ns");
    CHECK(meta.at("labels").at("dst-load.dev/test") == "x");
    CHECK(meta.at("labels").at("dst-load.dev/run") == "run1");
    CHECK(meta.at("labels").at("app.kubernetes.io/managed-by") == "dst-load-operator");
    CHECK(meta.at("labels").at("app.kubernetes.io/instance") == "x");
    const json& owner = meta.at("ownerReferences").at(0);
    CHECK(owner.at("uid") == "uid-1");
    CHECK(owner.at("kind") == "LoadTest");
    CHECK(owner.at("apiVersion") == "dst-load.dev/v1alpha1");
  }
}

TEST_CASE("Worker Pods are what the restricted Pod security standard asks for", "[children]") {
  const LoadTest test = Test();
  const json specs[] = {BuildChurnPod(test, Options()).at("spec"),
                        BuildClients(test, Options()).at("spec").at("template").at("spec")};
  for (const json& spec : specs) {
    CHECK(spec.at("securityContext").at("runAsNonRoot") == true);
    CHECK(spec.at("securityContext").at("runAsUser") == 65532);
    CHECK(spec.at("securityContext").at("seccompProfile").at("type") == "RuntimeDefault");
    const json& container = spec.at("containers").at(0);
    CHECK(container.at("securityContext").at("allowPrivilegeEscalation") == false);
    CHECK(container.at("securityContext").at("readOnlyRootFilesystem") == true);
    CHECK(container.at("securityContext").at("capabilities").at("drop") == json::array({"ALL"}));
    CHECK(container.at("resources").at("requests").at("cpu") == "100m");
    CHECK(container.at("resources").at("limits").at("memory") == "512Mi");
    CHECK(container.at("image") == "dst-load:dev");
    CHECK(container.at("imagePullPolicy") == "Never");
    CHECK(spec.at("volumes").at(0).at("secret").at("secretName") == "x-run");
    CHECK(container.at("volumeMounts").at(0).at("mountPath") == "/var/run/dst-load");
  }
  CHECK(specs[0].at("serviceAccountName") == "x-churn");
  CHECK(specs[1].at("serviceAccountName") == "x-client");
  CHECK(specs[1].at("automountServiceAccountToken") == false);
}

TEST_CASE("Logs are found by the plan's labels", "[children]") {
  CHECK(BuildChurnPod(Test(), Options()).at("metadata").at("labels").at("app") == "churn-controller");
  const json clients = BuildClients(Test(), Options());
  CHECK(clients.at("spec").at("template").at("metadata").at("labels").at("app") == "client-controller");
  CHECK(clients.at("spec").at("replicas") == 2);
  for (const auto& [label, value] : clients.at("spec").at("selector").at("matchLabels").items()) {
    CHECK(clients.at("spec").at("template").at("metadata").at("labels").at(label) == value);
  }
}

TEST_CASE("The token is in the Secret and nowhere else", "[children]") {
  const json secret = BuildRunSecret(Test(), "CA PEM", "s3cret");
  CHECK(kube::DecodeBase64(secret.at("data").at("token").get<std::string>()) == "s3cret");
  CHECK(kube::DecodeBase64(secret.at("data").at("ca.crt").get<std::string>()) == "CA PEM");
  CHECK(secret.at("immutable") == true);
}

TEST_CASE("A churn worker gets its pattern's flags and no other's", "[children]") {
  LoadTest test = Test();
  auto args = ChurnArgs(test, "c:9092");
  CHECK(args.front() == "churn");
  CHECK(Has(args, "--namespace=ns"));
  CHECK(Has(args, "--services=2"));
  CHECK(Has(args, "--pattern=oscillate"));
  CHECK(Has(args, "--min-endpoints=10"));
  CHECK(Has(args, "--max-endpoints=200"));
  CHECK(Has(args, "--min-hold=2m"));
  CHECK(Has(args, "--max-hold=5m"));
  CHECK(Has(args, "--cycles=3"));
  CHECK(Has(args, "--owner=x/uid-1"));
  CHECK(Has(args, "--test-name=x"));
  CHECK(Has(args, "--cleanup=Always"));
  CHECK(Has(args, "--coordinator=c:9092"));
  CHECK(Has(args, "--coordinator-dir=/var/run/dst-load"));
  const auto flag = [&](const char* name) {
    return std::any_of(args.begin(), args.end(), [&](const std::string& arg) { return arg.rfind(name, 0) == 0; });
  };
  CHECK_FALSE(flag("--destination-metrics-url"));
  CHECK_FALSE(flag("--endpoints-per-service"));
  CHECK_FALSE(flag("--jitter"));
  CHECK_FALSE(flag("--seed"));
  test.spec.churn = {};
  test.spec.churn.seed = 42;
  test.spec.destination_metrics_url = "http://d:9996/metrics";
  test.spec.churn.duration = std::chrono::minutes{15};
  args = ChurnArgs(test, "c:9092");
  CHECK(Has(args, "--pattern=stable"));
  CHECK(Has(args, "--endpoints-per-service=100"));
  CHECK(Has(args, "--duration=15m"));
  CHECK(Has(args, "--seed=42"));
  CHECK(Has(args, "--destination-metrics-url=http://d:9996/metrics"));
  CHECK_FALSE(flag("--min-endpoints"));
  CHECK_FALSE(flag("--cycles"));
}

TEST_CASE("A client worker gets the services in the order of the truth", "[children]") {
  const auto args = ClientArgs(Test(), "c:9092", "cluster.local");
  CHECK(args.front() == "client");
  CHECK(Has(args, "--services=test-service-{1..2}.ns.svc.cluster.local:8080"));
  CHECK(Has(args, "--streams-per-service=5"));
  CHECK(Has(args, "--convergence-deadline=1m"));
}

TEST_CASE("Churn may do what it needs and not more", "[children]") {
  const json role = BuildChurnRole(Test());
  for (const json& rule : role.at("rules")) {
    CHECK(rule.at("resources").size() == 1);
    CHECK(rule.dump().find('*') == std::string::npos);
    CHECK(rule.at("resources").at(0) != "secrets");
  }
  CHECK(BuildChurnRoleBinding(Test()).at("subjects").at(0).at("name") == "x-churn");
}

}  // namespace
}  // namespace dst_load::op
