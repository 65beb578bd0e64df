#include "kubernetes.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "kube/watch.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::workers::churn {

using nlohmann::json;

std::unique_ptr<kube::Client> AdminClient() {
  kube::ClientOptions options;
  options.qps = 0;
  options.attempts = 1;
  auto client = kube::Client::Create(test_support::SharedApiServer().Admin(), options, SystemClock());
  REQUIRE(client);
  return std::move(*client);
}

Kubernetes::Kubernetes(const std::string& ns) : ns_(ns), client_(AdminClient()) {
  const auto created = client_->Create(kube::kNamespaces, "", {{"metadata", {{"name", ns}}}});
  if (!created) FAIL(created.error().message);
  watch_ = std::jthread([this](std::stop_token stop) {
    kube::WatcherOptions options;
    options.ns = ns_;
    kube::Watcher watcher(*client_, kube::kDeployments, options, SystemClock());
    watcher.Run(stop, [this, stop](const kube::WatchEvent& event) {
      if (event.object == nullptr) return;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [this] { return !behind_; });
      }
      const std::string name = kube::KeyOf(*event.object).name;
      if (event.type == kube::WatchEventType::kDeleted) {
        (void)client_->Delete(kube::kEndpointSlices, ns_, name);
      } else {
        Follow(name, kube::IntAt(*event.object, "spec.replicas").value_or(0),
               (*event.object)["metadata"]["labels"].dump());
      }
    });
  });
}

Kubernetes::~Kubernetes() = default;

void Kubernetes::SetBehind(bool behind) {
  const std::lock_guard lock(mutex_);
  behind_ = behind;
  changed_.notify_all();
}

void Kubernetes::Follow(const std::string& deployment, std::int64_t replicas, const std::string& labels) {
  const int number = numbers_.try_emplace(deployment, static_cast<int>(numbers_.size()) + 1).first->second;
  json endpoints = json::array();
  for (std::int64_t i = 0; i < replicas; ++i) {
    endpoints.push_back({{"addresses", {fmt::format("10.{}.0.{}", number, i + 1)}},
                         {"conditions", {{"ready", true}}},
                         {"targetRef", {{"kind", "Pod"}, {"name", fmt::format("{}-{}", deployment, i)}}}});
  }
  json slice = {{"apiVersion", "discovery.k8s.io/v1"},
                {"kind", "EndpointSlice"},
                {"metadata", {{"name", deployment}, {"namespace", ns_}, {"labels", json::parse(labels)}}},
                {"addressType", "IPv4"},
                {"ports", json::array({{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}})},
                {"endpoints", std::move(endpoints)}};
  slice["metadata"]["labels"]["kubernetes.io/service-name"] = deployment;
  (void)client_->Apply(kube::kEndpointSlices, ns_, slice, "test-kubernetes");
}

std::vector<std::string> Kubernetes::Names(const kube::Resource& resource) {
  const auto found = client_->List(resource, ns_);
  REQUIRE(found);
  std::vector<std::string> names;
  for (const json& object : found->items) names.push_back(kube::KeyOf(object).name);
  return names;
}

ChurnOptions OptionsFor(const Kubernetes& kubernetes, ChurnFlags flags) {
  flags.ns = kubernetes.Namespace();
  flags.name_prefix = "a";
  flags.services = "3";
  auto options = ParseChurnOptions(flags);
  if (!options) FAIL(options.error().message);
  return *options;
}

}  // namespace dst_load::workers::churn
