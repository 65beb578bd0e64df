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
    for (const char* waiting : {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"}) {
      pod.containers[0].waiting_reason = waiting;
      CHECK(ReasonOf(pod) == "ImagePullFailed");
    }
  }
  SECTION("configuration") {
    pod.containers[0].waiting_reason = "CreateContainerConfigError";
    CHECK(ReasonOf(pod) == "ContainerConfigError");
  }
  SECTION("crash loop") {
    pod.containers[0] = {"CrashLoopBackOff", "", "Error", 2, 5};
    CHECK(ReasonOf(pod) == "CrashLoopBackOff");
    CHECK_THAT(TroubleOf(pod)->message, Catch::Contains("exit code 2"));
  }
  SECTION("out of memory, while it is not back") {
    pod.containers[0] = {"CrashLoopBackOff", "", "OOMKilled", 137, 5};
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
  SECTION("node gone") {
    pod.reason = "NodeLost";
    CHECK(ReasonOf(pod) == "PodLost");
  }
  SECTION("being deleted is no trouble") {
    pod.phase = "Failed";
    pod.meta.deleting = true;
    CHECK(ReasonOf(pod).empty());
  }
}

TEST_CASE("A failed action's reason tells quota from permission from the rest", "[pod_trouble]") {
  const auto reason = [](Code code, const char* text) {
    return TroubleOf(ApplyTrouble{"churn Pod", {code, text}}).reason;
  };
  CHECK(reason(Code::kForbidden, "create pods/ns/x: forbidden: exceeded quota: q") == "QuotaExceeded");
  CHECK(reason(Code::kForbidden, "create pods/ns/x: forbidden: no permission") == "Forbidden");
  CHECK(reason(Code::kUnavailable, "create pods/ns/x: connection refused") == "ApplyFailed");
}

}  // namespace
}  // namespace dst_load::op
