#include "test/integration/operator/cluster.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/base64.h"
#include "kube/object.h"
#include "kube/wait.h"
#include "operator/conditions.h"
#include "operator/views.h"
#include "test/integration/crd/install.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::test {

using nlohmann::json;

namespace {

/// Sections run a test case again, and nothing deletes what is in a namespace.
std::string Numbered(const std::string& ns) {
  static int count = 0;
  return fmt::format("{}-{}", ns, ++count);
}

}  // namespace

Cluster::Cluster(const std::string& ns) : Cluster(ns, test_support::SharedApiServer().Admin()) {}

Cluster::Cluster(const std::string& ns, const kube::Config& controllers_way) : ns_(Numbered(ns)) {
  auto client = kube::Client::Create(test_support::SharedApiServer().Admin(), {}, SystemClock());
  REQUIRE(client);
  client_ = std::move(*client);
  auto controllers = kube::Client::Create(controllers_way, {}, SystemClock());
  REQUIRE(controllers);
  controllers_client_ = std::move(*controllers);
  REQUIRE(test_support::InstallLoadTests(*client_));
  REQUIRE(client_->Create(kube::kNamespaces, "", {{"metadata", {{"name", ns_}}}}));
  kube::EventRecorderOptions events;
  events.controller = "dst-load.dev/operator";
  events.instance = "test";
  recorder_ = std::make_unique<kube::EventRecorder>(*controllers_client_, events, SystemClock());
  StartController();
}

void Cluster::StartController() {
  StopController();
  ControllerOptions options;
  options.watch_namespace = ns_;
  options.own_namespace = ns_;
  options.coordinator_bind = "127.0.0.1";
  options.coordinator_port = port_;
  options.children = {"dst-load:test", "Never", "127.0.0.1:9092", "cluster.local"};
  tests_ = std::make_unique<LoadTestWatch>(*controllers_client_, ns_, SystemClock());
  auto controller = Controller::Start(*controllers_client_, *tests_, options, recorder_.get(), metrics_, SystemClock());
  INFO((controller ? "" : controller.error().message));
  REQUIRE(controller);
  controller_ = std::move(*controller);
  port_ = controller_->CoordinatorPort();
}

void Cluster::Apply(const std::string& spec) {
  const auto created = client_->Create(kLoadTests, ns_,
                                       {{"apiVersion", kLoadTests.ApiVersion()},
                                        {"kind", "LoadTest"},
                                        {"metadata", {{"name", "x"}}},
                                        {"spec", json::parse(spec)}});
  INFO((created ? "" : created.error().message));
  REQUIRE(created);
}

LoadTest Cluster::Test() { return ParseLoadTest(Object(kLoadTests, "x")); }

std::string Cluster::ConditionText(std::string_view type) {
  const LoadTestStatus status = TestStatus();
  const Condition* found = FindCondition(status, type);
  if (found == nullptr) return "";
  return fmt::format("{}/{}", found->status == Truth::kTrue ? "True" : "False", found->reason);
}

json Cluster::Object(const kube::Resource& kind, const std::string& name) {
  return client_->Get(kind, ns_, name).value_or(json(nullptr));
}

void Cluster::PatchStatus(const kube::Resource& kind, const std::string& name, const std::string& status) {
  const auto patched = client_->MergePatch(kind, ns_, name, {{"status", json::parse(status)}}, "status");
  INFO((patched ? "" : patched.error().message));
  REQUIRE(patched);
}

bool Cluster::Await(const std::function<bool()>& wanted, int seconds) {
  for (int i = 0; i < seconds * 20; ++i) {
    if (wanted()) return true;
    kube::WaitFor({}, std::chrono::milliseconds{50});
  }
  return wanted();
}

bool Cluster::AwaitPhase(Phase phase) {
  return Await([&] { return TestStatus().phase == phase; });
}

coordination::SessionOptions Cluster::Session(const std::string& instance) {
  const json secret = Object(kube::kSecrets, "x-run");
  REQUIRE_FALSE(secret.is_null());
  coordination::SessionOptions options;
  options.address = fmt::format("127.0.0.1:{}", port_);
  options.credentials.ca_pem = kube::DecodeBase64(secret.at("data").at("ca.crt").get<std::string>()).value();
  options.credentials.token = TokenOf(secret);
  options.run_id = TestStatus().run_id;
  options.instance = instance;
  options.pod = "x-" + instance;
  options.backoff_min = std::chrono::milliseconds{20};
  options.backoff_max = std::chrono::milliseconds{200};
  return options;
}

}  // namespace dst_load::op::test
