#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/schedule.h"
#include "test/integration/crd/install.h"
#include "test/integration/operator/cluster.h"
#include "test/support/kube_apiserver.h"
#include "test/support/subprocess.h"

namespace dst_load::op::test {
namespace {

/// The program itself; ends with the object.
class Process {
 public:
  Process(const std::string& ns, const std::string& identity, std::vector<std::string> more = {}) {
    std::vector<std::string> args{DST_LOAD_OPERATOR,
                                  "--kubeconfig=" + test_support::SharedApiServer().KubeconfigPath(),
                                  "--namespace=" + ns,
                                  "--watch-namespace=" + ns,
                                  "--worker-image=dst-load:test",
                                  "--coordinator-address=127.0.0.1:9092",
                                  "--coordinator-port=0",
                                  "--metrics-port=0",
                                  "--probe-port=0",
                                  "--leader-elect",
                                  "--pod-name=" + identity,
                                  "--log-level=error"};
    for (auto& each : more) args.push_back(std::move(each));
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    std::vector<char*> argv;
    for (auto& each : args) argv.push_back(each.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const { kill(pid_, signal); }
  /// Its exit status; -1 when it does not end within ten seconds.
  int Wait() {
    int status = 0;
    if (!Cluster::Await([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, 10)) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
};

std::string HolderOf(Cluster& cluster) {
  return kube::StringAt(cluster.Object(kube::kLeases, "dst-load-operator"), "spec.holderIdentity");
}

TEST_CASE("SIGTERM ends a leader with status 0 and hands its lease on at once", "[operator][process]") {
  Cluster cluster("leader");
  cluster.StopController();
  Process first(cluster.Namespace(), "first");
  REQUIRE(Cluster::Await([&] { return HolderOf(cluster) == "first"; }));
  Process second(cluster.Namespace(), "second");
  cluster.Apply(R"({"client":{"replicas":1}})");
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kPods, "x-churn"); }));
  CHECK(HolderOf(cluster) == "first");
  first.Signal(SIGTERM);
  CHECK(first.Wait() == 0);
  CHECK(Cluster::Await([&] { return HolderOf(cluster) == "second"; }, 6));
  REQUIRE(cluster.Api().Delete(kube::kDeployments, cluster.Namespace(), "x-client"));
  CHECK(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  second.Signal(SIGTERM);
  CHECK(second.Wait() == 0);
}

TEST_CASE("A leader whose lease is taken away ends with status 1", "[operator][process]") {
  Cluster cluster("robbed");
  cluster.StopController();
  Process first(cluster.Namespace(), "first");
  REQUIRE(Cluster::Await([&] { return HolderOf(cluster) == "first"; }));
  REQUIRE(cluster.Api().MergePatch(kube::kLeases, cluster.Namespace(), "dst-load-operator",
                                   {{"spec", {{"holderIdentity", "thief"}}}}));
  CHECK(first.Wait() == 1);
}

TEST_CASE("A leader works on schedules, too, by the clocks of their time zone", "[operator][process]") {
  Cluster cluster("schedules");
  cluster.StopController();
  REQUIRE(test_support::InstallSchedules(cluster.Api()));
  Process first(cluster.Namespace(), "first");
  REQUIRE(cluster.Api().Create(kSchedules, cluster.Namespace(),
                               {{"apiVersion", kSchedules.ApiVersion()},
                                {"kind", kSchedules.kind},
                                {"metadata", {{"name", "s"}}},
                                {"spec",
                                 {{"schedule", "0 12 * * *"},
                                  {"timeZone", "Asia/Kolkata"},
                                  {"loadTestTemplate", {{"spec", nlohmann::json::object()}}}}}}));
  REQUIRE(
      Cluster::Await([&] { return ParseSchedule(cluster.Object(kSchedules, "s")).status.next_schedule.has_value(); }));
  CHECK_THAT(kube::StringAt(cluster.Object(kSchedules, "s"), "status.nextScheduleTime"), Catch::EndsWith("T06:30:00Z"));
  first.Signal(SIGTERM);
  CHECK(first.Wait() == 0);
}

TEST_CASE("Bad usage ends with status 2", "[operator][process]") {
  Process process("default", "x", {"--workers=none"});
  CHECK(process.Wait() == 2);
}

}  // namespace
}  // namespace dst_load::op::test
