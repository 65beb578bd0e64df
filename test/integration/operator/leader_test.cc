#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/connection.h"
#include "kube/object.h"
#include "operator/schedule.h"
#include "test/integration/crd/install.h"
#include "test/integration/operator/cluster.h"
#include "test/support/kube_apiserver.h"
#include "test/support/subprocess.h"
#include "test/support/temp_dir.h"

namespace dst_load::op::test {
namespace {

/// The program itself; ends with the object.
class Process {
 public:
  Process(const std::string& ns, const std::string& identity, std::vector<std::string> more = {},
          const std::string& log_file = "") {
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
                                  log_file.empty() ? "--log-level=error" : "--log-level=info"};
    for (auto& each : more) args.push_back(std::move(each));
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    if (!log_file.empty()) dup2(open(log_file.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
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

using nlohmann::json;

std::string HolderOf(Cluster& cluster) {
  return kube::StringAt(cluster.Object(kube::kLeases, "dst-load-operator"), "spec.holderIdentity");
}

/// The watches of a kind that the API server serves now, by its own count.
int WatchesOf(std::string_view plural) {
  const auto endpoint = kube::Endpoint::Create(test_support::SharedApiServer().Admin());
  REQUIRE(endpoint);
  const auto connection = kube::Connection::Create(*endpoint, std::chrono::seconds{10}, SystemClock());
  REQUIRE(connection);
  const auto page =
      (*connection)->Send({"GET", "/metrics", {}, ""}, SystemClock().Mono() + std::chrono::seconds{10}, {});
  REQUIRE(page);
  int watches = 0;
  std::istringstream lines(page->body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("apiserver_longrunning_requests{") || line.find("verb=\"WATCH\"") == std::string::npos)
      continue;
    // Those of the API server itself are of all namespaces.
    if (line.find("scope=\"namespace\"") == std::string::npos) continue;
    if (line.find(fmt::format("resource=\"{}\"", plural)) == std::string::npos) continue;
    watches += std::stoi(line.substr(line.rfind(' ') + 1));
  }
  return watches;
}

TEST_CASE("A leader watches each kind once", "[operator][process]") {
  Cluster cluster("watches");
  cluster.StopController();
  REQUIRE(test_support::InstallSchedules(cluster.Api()));
  const std::string_view kinds[] = {kLoadTests.plural, kSchedules.plural, kube::kPods.plural,
                                    kube::kDeployments.plural};
  const auto each = [&](int wanted) {
    return std::all_of(std::begin(kinds), std::end(kinds), [&](const auto kind) { return WatchesOf(kind) == wanted; });
  };
  REQUIRE(Cluster::Await([&] { return each(0); }));  // those of the tests before have ended
  Process leader(cluster.Namespace(), "first");
  CHECK(Cluster::Await([&] { return each(1); }));
  // Both controllers work with what that watch brings.
  REQUIRE(
      cluster.Api().Create(kSchedules, cluster.Namespace(),
                           {{"apiVersion", kSchedules.ApiVersion()},
                            {"kind", kSchedules.kind},
                            {"metadata", {{"name", "s"}}},
                            {"spec", {{"schedule", "0 12 * * *"}, {"loadTestTemplate", {{"spec", json::object()}}}}}}));
  cluster.Apply(R"({"client":{"replicas":1}})");
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x",
                                   {{"metadata", {{"labels", {{std::string(kScheduleLabel), "s"}}}}}}));
  CHECK(Cluster::Await([&] { return cluster.Exists(kube::kPods, "x-churn"); }));
  CHECK(
      Cluster::Await([&] { return ParseSchedule(cluster.Object(kSchedules, "s")).status.next_schedule.has_value(); }));
  CHECK(each(1));
  leader.Signal(SIGTERM);
  CHECK(leader.Wait() == 0);
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
                                  {"loadTestTemplate", {{"spec", json::object()}}}}}}));
  REQUIRE(
      Cluster::Await([&] { return ParseSchedule(cluster.Object(kSchedules, "s")).status.next_schedule.has_value(); }));
  CHECK_THAT(kube::StringAt(cluster.Object(kSchedules, "s"), "status.nextScheduleTime"), Catch::EndsWith("T06:30:00Z"));
  first.Signal(SIGTERM);
  CHECK(first.Wait() == 0);
}

TEST_CASE("What is logged of a pass says which LoadTest, run and pass it is about", "[operator][process]") {
  Cluster cluster("logs");
  cluster.StopController();
  const test_support::TempDir files;
  const std::string path = files.Path("log");
  Process first(cluster.Namespace(), "first", {}, path);
  cluster.Apply(R"({"client":{"replicas":1}})");
  REQUIRE(cluster.AwaitPhase(Phase::kStarting));
  first.Signal(SIGTERM);
  REQUIRE(first.Wait() == 0);
  std::set<std::string> passes;
  std::ifstream lines(path);
  for (std::string text; std::getline(lines, text);) {
    const auto line = nlohmann::json::parse(text);
    if (line.at("msg") != "phase") continue;
    CHECK(line.at("namespace") == cluster.Namespace());
    CHECK(line.at("name") == "x");
    CHECK(line.at("controller") == "loadtest");
    // The first pass gives the run its id.
    if (line.at("phase") != "Pending") CHECK(line.at("runID") == cluster.TestStatus().run_id);
    passes.insert(line.at("reconcileID").get<std::string>());
  }
  CHECK(passes.size() >= 2);
}

TEST_CASE("Bad usage ends with status 2", "[operator][process]") {
  Process process("default", "x", {"--workers=none"});
  CHECK(process.Wait() == 2);
}

}  // namespace
}  // namespace dst_load::op::test
