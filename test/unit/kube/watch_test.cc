#include "kube/watch.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <set>
#include <thread>

#include "kube/informer.h"
#include "kube/line_queue.h"
#include "kube/watch_line.h"
#include "kube/watch_machine.h"
#include "test/unit/kube/fake_client.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using State = Watcher::State;

const Error kGoneError{Code::kGone, "too old"};
const Error kBrokenError{Code::kUnavailable, "broken"};

TEST_CASE("A watch goes from list to watch, and on after each connection that was of use", "[watch]") {
  WatchMachine machine(100ms, 1s, 1);
  CHECK(machine.State() == State::kEmpty);
  machine.Resume();
  CHECK(machine.State() == State::kListing);
  machine.Listed("5");
  CHECK(machine.State() == State::kWatching);
  machine.Advance("7");
  machine.Ended();
  CHECK(machine.State() == State::kWatching);
  CHECK(machine.ResourceVersion() == "7");
}

TEST_CASE("A broken watch goes on from its version after a backoff", "[watch]") {
  WatchMachine machine(100ms, 1s, 1);
  machine.Listed("5");
  machine.Advance("7");
  machine.Failed(kBrokenError);
  CHECK(machine.State() == State::kBackoff);
  machine.Resume();
  CHECK(machine.State() == State::kWatching);
  CHECK(machine.ResourceVersion() == "7");
}

TEST_CASE("A version that is too old means a new list: at once after progress, with a backoff without", "[watch]") {
  WatchMachine machine(100ms, 1s, 1);
  machine.Listed("5");
  machine.Advance("7");
  machine.Failed(kGoneError);
  CHECK(machine.State() == State::kListing);
  machine.Listed("9");
  machine.Failed(kGoneError);
  CHECK(machine.State() == State::kBackoff);
  machine.Resume();
  CHECK(machine.State() == State::kListing);
}

TEST_CASE("Watches that each stand for a while and break without an event do not slow each other down", "[watch]") {
  WatchMachine machine(100ms, 1s, 1);
  machine.Listed("5");
  for (int i = 0; i < 10; ++i) {
    machine.Lasted();
    machine.Failed(kBrokenError);
    REQUIRE(machine.State() == State::kBackoff);
    CHECK(machine.Delay() <= 100ms);
    machine.Resume();
    CHECK(machine.State() == State::kWatching);
  }
}

TEST_CASE("A server that ends every watch at once is not hammered", "[watch]") {
  WatchMachine machine(100ms, 1s, 1);
  machine.Listed("5");
  Micros before{0};
  for (int i = 0; i < 3; ++i) {
    machine.Ended();
    REQUIRE(machine.State() == State::kBackoff);
    CHECK(machine.Delay() >= 50ms * (1 << i));
    CHECK(machine.Delay() <= 100ms * (1 << i));
    machine.Resume();
  }
  for (int i = 0; i < 100; ++i) machine.Failed(kBrokenError);
  CHECK(machine.Delay() <= 1s);
  CHECK(machine.Delay() >= 500ms);
  machine.Resume();
  machine.Advance("8");
  machine.Failed(kBrokenError);
  CHECK(machine.Delay() <= 100ms);
}

TEST_CASE("Watches that break together do not come back together", "[watch]") {
  std::set<Micros> delays;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    WatchMachine machine(100ms, 1s, seed);
    machine.Failed(kBrokenError);
    delays.insert(machine.Delay());
  }
  CHECK(delays.size() > 10);
}

TEST_CASE("A watch's lines are told apart", "[watch]") {
  CHECK(ParseWatchLine("watch x", R"({"type":"ADDED","object":{}})").value().type == WatchEventType::kApplied);
  CHECK(ParseWatchLine("watch x", R"({"type":"MODIFIED","object":{}})").value().type == WatchEventType::kApplied);
  CHECK(ParseWatchLine("watch x", R"({"type":"DELETED","object":{}})").value().type == WatchEventType::kDeleted);
  CHECK(ParseWatchLine("watch x", R"({"type":"BOOKMARK","object":{}})").value().type == WatchEventType::kBookmark);
  CHECK(IsGone(ParseWatchLine("watch x", R"({"type":"ERROR","object":{"kind":"Status","code":410}})").error()));
  CHECK(ParseWatchLine("watch x", R"({"type":"ERROR","object":{"code":500,"message":"m"}})").error().message ==
        "watch x: m");
  for (const char* bad :
       {"", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"NEW","object":{}})", R"({"type":5,"object":{}})"}) {
    INFO(bad);
    CHECK(ParseWatchLine("watch x", bad).error().code == Code::kInternal);
  }
}

TEST_CASE("A full line queue holds its writer back until it is read, closed or stopped", "[watch]") {
  LineQueue queue(10);
  std::stop_source stop;
  REQUIRE(queue.Push({"0123456789", {}}, stop.get_token()));
  std::jthread reader([&] { queue.Pop(); });
  CHECK(queue.Push({"longer than the queue", {}}, stop.get_token()));
  reader.join();
  stop.request_stop();
  CHECK_FALSE(queue.Push({"x", {}}, stop.get_token()));
  CHECK(queue.Pop()->text == "longer than the queue");
  queue.Close();
  CHECK_FALSE(queue.Push({"x", {}}, {}));
  CHECK_FALSE(queue.Pop());
}

json Object(const std::string& name, const std::string& version) {
  return {{"metadata", {{"namespace", "ns"}, {"name", name}, {"resourceVersion", version}}}, {"value", version}};
}

std::string Line(const char* type, const json& object) { return json{{"type", type}, {"object", object}}.dump(); }

FakeClient::Watch Script(std::vector<std::string> lines, Status end) {
  return [lines = std::move(lines), end = std::move(end)](std::string_view,
                                                          const std::function<bool(std::string_view)>& on_line) {
    for (const std::string& line : lines) {
      if (!on_line(line)) return Status{};
    }
    return end;
  };
}

WatcherOptions Quick() {
  WatcherOptions options;
  options.backoff_min = 1ms;
  options.backoff_max = 2ms;
  return options;
}

/// Runs a watcher until it has begun `watches` watches; what it told, in short.
std::vector<std::string> Told(FakeClient& client, std::size_t watches, const WatcherOptions& options = Quick(),
                              const Clock& clock = FakeClock()) {
  std::vector<std::string> told;
  Watcher watcher(client, kPods, options, clock);
  std::jthread thread([&](std::stop_token stop) {
    watcher.Run(std::move(stop), [&](const WatchEvent& event) {
      const std::string name = event.object == nullptr ? "" : StringAt(*event.object, "metadata.name");
      constexpr const char* kNames[] = {"restarted", "applied ", "deleted ", "synced", "bookmark"};
      told.push_back(kNames[static_cast<int>(event.type)] + name);
    });
  });
  CHECK(client.AwaitWatches(watches));
  thread.request_stop();
  thread.join();
  return told;
}

TEST_CASE("A watcher lists, watches, and goes on from the last version or bookmark", "[watch]") {
  FakeClient client;
  client.lists.push_back(ObjectList{{Object("a", "1")}, "5"});
  client.watches.push_back(Script({Line("ADDED", Object("b", "6")), Line("BOOKMARK", Object("", "9"))}, {}));
  client.watches.push_back(Script({Line("DELETED", Object("a", "12"))}, Fail(kBrokenError)));
  CHECK(Told(client, 3) ==
        std::vector<std::string>{"restarted", "applied a", "synced", "applied b", "bookmark", "deleted a"});
  CHECK(client.WatchedFrom() == std::vector<std::string>{"5", "9", "12"});
}

TEST_CASE("A watch that was of use is followed by the next, or by a list, at once", "[watch]") {
  WatcherOptions patient;
  patient.backoff_min = patient.backoff_max = 1h;
  FakeClient client;
  client.lists.push_back(ObjectList{{}, "5"});
  client.lists.push_back(ObjectList{{}, "10"});
  client.watches.push_back(Script({Line("BOOKMARK", Object("", "6"))}, {}));
  client.watches.push_back(Script({Line("BOOKMARK", Object("", "7"))}, Fail(kGoneError)));
  Told(client, 3, patient);
  CHECK(client.WatchedFrom() == std::vector<std::string>{"5", "6", "10"});
}

TEST_CASE("A watcher whose quiet watches each stand for a second is not ever slower to come back", "[watch]") {
  WatcherOptions options = Quick();
  options.backoff_max = 1h;
  FakeClient client;
  FakeClock clock;
  client.lists.push_back(ObjectList{{}, "5"});
  for (int i = 0; i < 30; ++i) {
    client.watches.push_back([&clock](std::string_view, const std::function<bool(std::string_view)>&) -> Status {
      clock.Advance(1s);
      return Fail(kBrokenError);
    });
  }
  Told(client, 31, options, clock);
  CHECK(client.WatchedFrom() == std::vector<std::string>(31, "5"));
}

TEST_CASE("Behind an event that is not understood nothing is believed", "[watch]") {
  FakeClient client;
  client.lists.push_back(ObjectList{{}, "5"});
  client.watches.push_back(Script({"{}", Line("ADDED", Object("b", "6"))}, {}));
  CHECK(Told(client, 2) == std::vector<std::string>{"restarted", "synced"});
  CHECK(client.WatchedFrom() == std::vector<std::string>{"5", "5"});
}

TEST_CASE("A watcher lists anew when its version is too old, be that an answer or an event", "[watch]") {
  FakeClient client;
  client.lists.push_back(ObjectList{{Object("a", "1")}, "5"});
  client.lists.push_back(ObjectList{{Object("b", "8")}, "10"});
  client.lists.push_back(ObjectList{{}, "20"});
  client.watches.push_back(Script({}, Fail(kGoneError)));
  client.watches.push_back(
      Script({R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"}, {}));
  CHECK(Told(client, 3) == std::vector<std::string>{"restarted", "applied a", "synced", "restarted", "applied b",
                                                    "synced", "restarted", "synced"});
  CHECK(client.WatchedFrom() == std::vector<std::string>{"5", "10", "20"});
}

TEST_CASE("A list that fails is tried again and nothing is told of it", "[watch]") {
  FakeClient client;
  client.lists.push_back(Fail(kBrokenError));
  client.lists.push_back(ObjectList{{}, "5"});
  CHECK(Told(client, 1) == std::vector<std::string>{"restarted", "synced"});
}

struct Thing {
  std::string value;
};

Result<Thing> ParseThing(const json& object) {
  const std::string value = StringAt(object, "value");
  if (value == "666") return Fail(Code::kInvalid, "beastly");
  return Thing{value};
}

/// An informer whose changes are noted as "key previous>current".
struct Noted {
  explicit Noted(FakeClient& client)
      : informer(client, kPods, Quick(), clock, ParseThing, [this](const Informer<Thing>::Change& change) {
          const auto value = [](const auto& pointer) { return pointer ? pointer->value : std::string("-"); };
          changes.push_back(fmt::format("{} {}>{}{}", change.key.name, value(change.previous), value(change.current),
                                        change.relist ? " listed" : ""));
        }) {}
  FakeClock clock;
  std::vector<std::string> changes;
  Informer<Thing> informer;
};

TEST_CASE("An informer tells of changes with what was before, and of what a relist found gone", "[informer]") {
  FakeClient client;
  client.lists.push_back(ObjectList{{Object("a", "1"), Object("b", "2")}, "5"});
  client.lists.push_back(ObjectList{{Object("b", "2"), Object("c", "9")}, "10"});
  client.watches.push_back(
      Script({Line("MODIFIED", Object("a", "6")), Line("DELETED", Object("b", "7")), Line("ADDED", Object("d", "8"))},
             Fail(kGoneError)));
  Noted noted(client);
  REQUIRE(client.AwaitWatches(2));
  CHECK(noted.informer.Synced());
  CHECK(noted.changes == std::vector<std::string>{"a ->1 listed", "b ->2 listed", "a 1>6", "b 2>-", "d ->8",
                                                  "b ->2 listed", "c ->9 listed", "a 6>- listed", "d 8>- listed"});
  CHECK(noted.informer.Store().Size() == 2);
  CHECK(noted.informer.Store().Get({"ns", "c"})->value == "9");
}

TEST_CASE("What can't be parsed leaves the object as it was, also across a relist", "[informer]") {
  FakeClient client;
  json broken = Object("a", "7");
  broken["value"] = "666";
  json unknown = Object("x", "7");
  unknown["value"] = "666";
  client.lists.push_back(ObjectList{{Object("a", "1"), unknown}, "5"});
  client.lists.push_back(ObjectList{{broken}, "10"});
  client.watches.push_back(Script({Line("MODIFIED", broken)}, Fail(kGoneError)));
  Noted noted(client);
  REQUIRE(client.AwaitWatches(2));
  CHECK(noted.informer.ParseFailures() == 3);
  CHECK(noted.informer.Store().Get({"ns", "a"})->value == "1");
  CHECK(noted.informer.Store().Size() == 1);
  CHECK(noted.changes == std::vector<std::string>{"a ->1 listed", "a 1>1 listed"});
}

TEST_CASE("Readers of a store see the old list until the new one is complete", "[store]") {
  Store<int> store;
  store.Begin();
  store.Set({"", "a"}, 1);
  CHECK_FALSE(store.Synced());
  CHECK(store.Size() == 0);
  CHECK(store.Swap().empty());
  CHECK(store.Synced());
  const auto held = store.Get({"", "a"});
  store.Begin();
  store.Set({"", "b"}, 2);
  CHECK(store.Get({"", "a"}) == held);
  CHECK(store.Swap() == std::vector<ObjectKey>{{"", "a"}});
  CHECK(store.Get({"", "a"}) == nullptr);
  CHECK(*held == 1);
  CHECK(store.Select([](int value) { return value > 1; }).size() == 1);
}

}  // namespace
}  // namespace dst_load::kube
