#include "operator/pod_trouble.h"

#include <catch2/catch.hpp>

#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

std::string ReasonOf(const PodView& pod) {
  const auto trouble = TroubleOf(pod);
  return trouble ? trouble->reason : "";
}

TEST_CASE("Every kind of Pod trouble has its reason", "[pod_trouble]") {
  PodView pod = sample::ChurnPod(sample::Test(Phase::kRunning));
  CHECK(ReasonOf(pod).empty());
  SECTION("unschedulable") {
    pod.unschedulable = "0/1 nodes are available: insufficient cpu";
    CHECK(ReasonOf(pod) == "PodsUnschedulable");
    CHECK_THAT(TroubleOf(pod)->message, Catch::Contains("insufficient cpu") && Catch::Contains("x-churn"));
  }
  SECTION("image pull") {
    for (const char* waiting : {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull",
                                "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"}) {
      pod.containers[0].waiting_reason = waiting;
      CHECK(ReasonOf(pod) == "ImagePullFailed");
    }
  }
  SECTION("configuration") {
    for (const char* waiting : {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}) {
      pod.containers[0].waiting_reason = waiting;
      CHECK(ReasonOf(pod) == "ContainerConfigError");
    }
  }
  SECTION("crash loop") {
    pod.containers[0] = {"client", "CrashLoopBackOff", "", "Error", 2, 5};
    CHECK(ReasonOf(pod) == "CrashLoopBackOff");
    CHECK_THAT(TroubleOf(pod)->message, Catch::Contains("exit code 2"));
  }
  SECTION("crash loop, in the moments in which it runs") {
    pod.containers[0] = {"client", "", "", "Error", 2, 2};
    pod.ready = false;
    CHECK(ReasonOf(pod) == "CrashLoopBackOff");
    pod.ready = true;
    CHECK(ReasonOf(pod).empty());
  }
  SECTION("one restart is no crash loop, and neither are restarts after a good end") {
    pod.ready = false;
    pod.containers[0] = {"client", "", "", "Error", 2, 1};
    CHECK(ReasonOf(pod).empty());
    pod.containers[0] = {"client", "", "", "Completed", 0, 2};
    CHECK(ReasonOf(pod).empty());
  }
  SECTION("out of memory, while it is not back") {
    pod.containers[0] = {"client", "CrashLoopBackOff", "", "OOMKilled", 137, 5};
    pod.ready = false;
    CHECK(ReasonOf(pod) == "OOMKilled");
    pod.containers[0].waiting_reason.clear();
    pod.ready = true;
    CHECK(ReasonOf(pod).empty());
  }
  SECTION("evicted") {
    pod.phase = "Failed";
    pod.reason = "Evicted";
    CHECK(ReasonOf(pod) == "Evicted");
  }
  SECTION("evicted by the API, preempted, or ended by its node's kubelet") {
    for (const char* by : {"EvictionByEvictionAPI", "PreemptionByScheduler", "TerminationByKubelet"}) {
      pod.disruption = by;
      pod.disruption_message = "the node is drained";
      pod.meta.deleting = true;
      CHECK(ReasonOf(pod) == "Evicted");
      CHECK_THAT(TroubleOf(pod)->message, Catch::Contains("the node is drained"));
      pod.meta.deleting = false;
      pod.phase = "Failed";
      CHECK(ReasonOf(pod) == "Evicted");
    }
  }
  SECTION("out of memory, with no restart to come") {
    pod.phase = "Failed";
    pod.containers[0] = {"client", "", "", "OOMKilled", 137, 0};
    CHECK(ReasonOf(pod) == "OOMKilled");
  }
  SECTION("failed for any other reason") {
    pod.phase = "Failed";
    pod.reason = "OutOfcpu";
    CHECK(ReasonOf(pod) == "PodFailed");
    CHECK_THAT(TroubleOf(pod)->message, Catch::Contains("OutOfcpu"));
  }
  SECTION("node gone, as old nodes say it") {
    pod.reason = "NodeLost";
    CHECK(ReasonOf(pod) == "PodLost");
  }
  SECTION("node gone, of an unknown state") {
    pod.phase = "Unknown";
    CHECK(ReasonOf(pod) == "PodLost");
  }
  SECTION("node gone or tainted, and the Pod cannot be deleted there") {
    for (const char* by : {"DeletionByTaintManager", "DeletionByPodGC"}) {
      pod.disruption = by;
      pod.meta.deleting = true;
      CHECK(ReasonOf(pod) == "PodLost");
    }
  }
  SECTION("being deleted is no trouble") {
    pod.phase = "Failed";
    pod.meta.deleting = true;
    CHECK(ReasonOf(pod).empty());
  }
}

TEST_CASE("A Pod that is replaced does not hide what troubles the one in its place", "[pod_trouble]") {
  const LoadTest test = sample::Test(Phase::kRunning);
  PodView gone = sample::ClientPod(test, 1);
  gone.disruption = "EvictionByEvictionAPI";
  gone.meta.deleting = true;
  PodView next = sample::ClientPod(test, 2);
  const auto reason = [&] { return TroubleOf(std::vector<PodView>{gone, next}).value().reason; };
  CHECK(reason() == "Evicted");
  next.unschedulable = "0/1 nodes are available";
  CHECK(reason() == "PodsUnschedulable");
}

TEST_CASE("Why a Deployment cannot make Pods is told apart", "[pod_trouble]") {
  const auto reason = [](const char* failure) {
    DeploymentView deployment;
    deployment.replica_failure = failure;
    const auto trouble = TroubleOf(deployment);
    return trouble ? trouble->reason : "";
  };
  CHECK(reason("").empty());
  CHECK(reason("pods \"x\" is forbidden: exceeded quota: q, requested: pods=1") == "QuotaExceeded");
  CHECK(reason("pods \"x\" is forbidden: failed quota: q: must specify limits.cpu") == "QuotaExceeded");
  CHECK(reason("pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": hostPort") ==
        "PodSecurityViolation");
  CHECK(reason("pods \"x\" is forbidden: error looking up service account ns/mine") == "Forbidden");
}

TEST_CASE("A failed action's reason tells quota from permission from the rest", "[pod_trouble]") {
  const auto reason = [](Code code, const char* text) {
    return TroubleOf(ApplyTrouble{"churn Pod", {code, text}}).reason;
  };
  CHECK(reason(Code::kForbidden, "create pods/ns/x: forbidden: exceeded quota: q") == "QuotaExceeded");
  CHECK(reason(Code::kForbidden, "create pods/ns/x: forbidden: no permission") == "Forbidden");
  CHECK(reason(Code::kForbidden, "create pods/ns/x: violates PodSecurity \"restricted:latest\"") ==
        "PodSecurityViolation");
  CHECK(reason(Code::kUnavailable, "create pods/ns/x: connection refused") == "ApplyFailed");
}

}  // namespace
}  // namespace dst_load::op
