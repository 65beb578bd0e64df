#include "kube/watch.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "kube/informer.h"
#include "test/integration/kube/fixture.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Micros kPatience = 20s;

/// Notes what an informer tells, "name previous>current", and waits for more.
class Notes {
 public:
  Notes(Client& client, const std::string& ns, WatcherOptions options = {}, const Resource& resource = kConfigMaps)
      : informer_(MakeInformer(client, ns, options, resource)) {}

  bool Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return notes_.size() >= count; });
  }
  std::vector<std::string> Taken() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  WallTime LastReceived() {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  const Informer<std::string>& informer() const { return informer_; }

 private:
  Informer<std::string> MakeInformer(Client& client, const std::string& ns, WatcherOptions options,
                                     const Resource& resource) {
    options.ns = ns;
    return Informer<std::string>(
        client, resource, options, SystemClock(),
        [](const json& object) -> Result<std::string> { return StringAt(object, "data.key"); },
        [this](const Informer<std::string>::Change& change) {
          const auto value = [](const auto& pointer) { return pointer ? *pointer : std::string("-"); };
          const std::lock_guard lock(mutex_);
          notes_.push_back(fmt::format("{} {}>{}", change.key.name, value(change.previous), value(change.current)));
          received_ = change.received;
          changed_.notify_all();
        });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
  WallTime received_{};
  Informer<std::string> informer_;
};

TEST_CASE("Every change after the list is told, with the time it arrived", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "changes");
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("a", "1")));
  Notes notes(*client, ns);
  REQUIRE(notes.Await(1));
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("b", "1")));
  REQUIRE(client->MergePatch(kConfigMaps, ns, "a", {{"data", {{"key", "2"}}}}));
  const WallTime before = SystemClock().Wall();
  REQUIRE(client->Delete(kConfigMaps, ns, "b"));
  REQUIRE(notes.Await(4));
  CHECK(notes.Taken() == std::vector<std::string>{"a ->1", "b ->1", "a 1>2", "b 1>-"});
  CHECK(notes.LastReceived() >= before);
  CHECK(notes.LastReceived() <= SystemClock().Wall());
  CHECK(notes.informer().Store().Size() == 1);
}

TEST_CASE("A selector limits list and watch alike", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "selector");
  WatcherOptions options;
  options.label_selector = "app=x";
  Notes notes(*client, ns, options);
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("other", "1")));
  json mine = ConfigMap("mine", "1");
  mine["metadata"]["labels"]["app"] = "x";
  REQUIRE(client->Create(kConfigMaps, ns, mine));
  REQUIRE(notes.Await(1));
  // Losing the label is a deletion, to this watch.
  REQUIRE(client->MergePatch(kConfigMaps, ns, "mine", {{"metadata", {{"labels", {{"app", nullptr}}}}}}));
  REQUIRE(notes.Await(2));
  CHECK(notes.Taken() == std::vector<std::string>{"mine ->1", "mine 1>-"});
}

/// The real client, but its watches can be cut, and a test can act before each.
class Meddler final : public Client {
 public:
  explicit Meddler(Client& real) : real_(real) {}
  Result<json> Get(const Resource& r, std::string_view ns, std::string_view name) override {
    return real_.Get(r, ns, name);
  }
  Result<ObjectList> List(const Resource& r, std::string_view ns, std::string_view selector) override {
    ++lists;
    return real_.List(r, ns, selector);
  }
  Result<json> Create(const Resource& r, std::string_view ns, const json& o) override { return real_.Create(r, ns, o); }
  Result<json> Update(const Resource& r, std::string_view ns, const json& o, std::string_view s) override {
    return real_.Update(r, ns, o, s);
  }
  Result<json> Apply(const Resource& r, std::string_view ns, const json& o, std::string_view m, bool f,
                     std::string_view s) override {
    return real_.Apply(r, ns, o, m, f, s);
  }
  Result<json> MergePatch(const Resource& r, std::string_view ns, std::string_view n, const json& p,
                          std::string_view s) override {
    return real_.MergePatch(r, ns, n, p, s);
  }
  Status Delete(const Resource& r, std::string_view ns, std::string_view n, Propagation p) override {
    return real_.Delete(r, ns, n, p);
  }
  Status WatchLines(const Resource& r, std::string_view ns, std::string_view selector, std::string_view version,
                    Micros idle, std::stop_token stop, const std::function<bool(std::string_view)>& on_line) override {
    ++watches;
    if (on_watch) on_watch();
    return real_.WatchLines(r, ns, selector, version, idle, std::move(stop),
                            [&](std::string_view line) { return on_line(line) && !cut.exchange(false); });
  }

  std::atomic<int> lists{0};
  std::atomic<int> watches{0};
  std::atomic<bool> cut{false};
  std::function<void()> on_watch;  ///< set before use

 private:
  Client& real_;
};

TEST_CASE("A watch that is cut goes on where it was, without a list and without a gap", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "resume");
  Meddler meddler(*client);
  Notes notes(meddler, ns);
  for (int i = 0; i < 5; ++i) {
    meddler.cut = true;
    REQUIRE(client->Create(kConfigMaps, ns, ConfigMap(fmt::format("x{}", i), "1")));
    REQUIRE(client->Create(kConfigMaps, ns, ConfigMap(fmt::format("y{}", i), "1")));
    REQUIRE(notes.Await(static_cast<std::size_t>(2 * i + 2)));
  }
  CHECK(notes.Taken().size() == 10);
  CHECK(meddler.lists == 1);
  CHECK(meddler.watches >= 5);
}

/// The API server keeps no cache of these (see the fixture): what etcd has forgotten, it has.
constexpr Resource kPodTemplates{"", "v1", "podtemplates", "PodTemplate", true};

json PodTemplate(const std::string& name) {
  const json spec{{"containers", {{{"name", "c"}, {"image", "i"}}}}};
  return {{"metadata", {{"name", name}}}, {"template", {{"spec", spec}}}};
}

TEST_CASE("A version that the server has forgotten leads to a list, and deletions meanwhile are found", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "forgotten");
  REQUIRE(client->Create(kPodTemplates, ns, PodTemplate("stays")));
  REQUIRE(client->Create(kPodTemplates, ns, PodTemplate("goes")));
  Meddler meddler(*client);
  meddler.on_watch = [&] {
    if (meddler.watches > 1) return;
    // Between the first list and its watch: the version listed is history, and then not even that.
    CHECK(client->Delete(kPodTemplates, ns, "goes"));
    CHECK(client->Create(kConfigMaps, ns, ConfigMap("another", "1")));
    CHECK(test_support::SharedApiServer().CompactEtcd());
  };
  WatcherOptions options;
  options.backoff_min = 1ms;
  Notes notes(meddler, ns, options, kPodTemplates);
  REQUIRE(notes.Await(4));
  CHECK(notes.Taken() == std::vector<std::string>{"goes ->", "stays ->", "stays >", "goes >-"});
  CHECK(meddler.lists == 2);
  REQUIRE(client->Create(kPodTemplates, ns, PodTemplate("new")));
  CHECK(notes.Await(5));
}

TEST_CASE("A quiet watch is renewed without a list", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "quiet");
  Meddler meddler(*client);
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0;
  meddler.on_watch = [&] {
    const std::lock_guard lock(mutex);
    ++begun;
    changed.notify_all();
  };
  WatcherOptions options;
  options.idle = 200ms;
  options.backoff_min = 1ms;
  Notes notes(meddler, ns, options);
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, kPatience, [&] { return begun >= 3; }));
  }
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("x", "1")));
  CHECK(notes.Await(1));
  CHECK(meddler.lists == 1);
}

TEST_CASE("Stopping a quiet watch takes no time", "[watch]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "stopping");
  auto notes = std::make_unique<Notes>(*client, ns);
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("x", "1")));
  REQUIRE(notes->Await(1));
  const MonoTime begun = SystemClock().Mono();
  notes.reset();
  CHECK(SystemClock().Mono() - begun < 1s);
}

TEST_CASE("Who may not list is told so, and the informer does not claim to be synced", "[watch]") {
  const auto alice = ClientOf(test_support::SharedApiServer().Bearer("alice-token"));
  const auto refused =
      alice->WatchLines(kConfigMaps, "default", "", "1", 10s, {}, [](std::string_view) { return true; });
  REQUIRE_FALSE(refused);
  CHECK(IsForbidden(refused.error()));
}

}  // namespace
}  // namespace dst_load::kube
