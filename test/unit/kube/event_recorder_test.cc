#include "kube/event_recorder.h"

#include <catch2/catch.hpp>

#include <atomic>

#include "kube/event_series.h"
#include "test/support/gate.h"
#include "test/unit/kube/fake_client.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;

const ObjectReference kTest{"dst-load.dev/v1alpha1", "LoadTest", "ns", "x", "uid-1"};
EventRecorderOptions Options() { return {"dst-load.dev/operator", "operator-0", 4, 10min}; }

TEST_CASE("An Event says what it is about and who reports it", "[events]") {
  FakeClient client;
  const FakeClock clock;
  EventRecorder recorder(client, Options(), clock);
  recorder.Record(kTest, EventType::kWarning, "StreamsMissing", "Reconcile", "3 of 10 streams are open");
  REQUIRE(recorder.Drain(10s));
  const auto events = client.All();
  REQUIRE(events.size() == 1);
  CHECK(KeyOf(events[0]).name.starts_with("x."));
  CHECK(KeyOf(events[0]).ns == "ns");
  CHECK(StringAt(events[0], "type") == "Warning");
  CHECK(StringAt(events[0], "reason") == "StreamsMissing");
  CHECK(StringAt(events[0], "action") == "Reconcile");
  CHECK(StringAt(events[0], "regarding.uid") == "uid-1");
  CHECK(StringAt(events[0], "reportingInstance") == "operator-0");
  CHECK(StringAt(events[0], "eventTime") == FormatTime(clock.Wall()));
}

TEST_CASE("The same Event within the window counts up the first one's series", "[events]") {
  FakeClient client;
  FakeClock clock;
  EventRecorder recorder(client, Options(), clock);
  for (int i = 0; i < 3; ++i) {
    recorder.Record(kTest, EventType::kNormal, "Ready", "Reconcile", "note");
    REQUIRE(recorder.Drain(10s));
    clock.Advance(9min);
  }
  recorder.Record(kTest, EventType::kNormal, "Ready", "Reconcile", "another note");
  REQUIRE(recorder.Drain(10s));
  CHECK(client.All().size() == 2);
  const auto events = client.All();
  const auto& series = StringAt(events[0], "note") == "note" ? events[0] : events[1];
  CHECK(IntAt(series, "series.count") == 3);
  clock.Advance(11min);
  recorder.Record(kTest, EventType::kNormal, "Ready", "Reconcile", "note");
  REQUIRE(recorder.Drain(10s));
  CHECK(client.All().size() == 3);
}

TEST_CASE("An Event that Kubernetes has deleted meanwhile is made anew", "[events]") {
  FakeClient client;
  const FakeClock clock;
  EventRecorder recorder(client, Options(), clock);
  recorder.Record(kTest, EventType::kNormal, "Ready", "Reconcile", "note");
  REQUIRE(recorder.Drain(10s));
  REQUIRE(client.Delete(kEvents, "ns", KeyOf(client.All()[0]).name, Propagation::kBackground));
  recorder.Record(kTest, EventType::kNormal, "Ready", "Reconcile", "note");
  REQUIRE(recorder.Drain(10s));
  CHECK(client.All().size() == 1);
}

TEST_CASE("Events beyond the queue are dropped and counted, and the recorder never blocks", "[events]") {
  FakeClient client;
  test_support::Gate entered;
  test_support::Gate release;
  std::atomic<bool> first{true};
  client.before_write = [&]() -> Status {
    if (first.exchange(false)) entered.Open();
    release.Wait();
    return {};
  };
  const FakeClock clock;
  EventRecorder recorder(client, Options(), clock);
  recorder.Record(kTest, EventType::kNormal, "R", "A", "in flight");
  entered.Wait();
  for (int i = 0; i < 6; ++i) recorder.Record(kTest, EventType::kNormal, "R", "A", std::to_string(i));
  CHECK(recorder.Dropped() == 2);
  CHECK_FALSE(recorder.Drain(1ms));
  release.Open();
  REQUIRE(recorder.Drain(10s));
  CHECK(client.All().size() == 5);
}

TEST_CASE("Texts are cut to what Kubernetes takes, between characters", "[events]") {
  CHECK(CutText("abc", 3) == "abc");
  CHECK(CutText("abcd", 3) == "abc");
  CHECK(CutText("ab\xc3\xa9", 3) == "ab");
  CHECK(CutText("\xf0\x9f\x98\x80", 3).empty());
  FakeClient client;
  const FakeClock clock;
  EventRecorder recorder(client, Options(), clock);
  recorder.Record(kTest, EventType::kNormal, "R", "A", std::string(5000, 'n'));
  REQUIRE(recorder.Drain(10s));
  CHECK(StringAt(client.All()[0], "note").size() == 1024);
}

TEST_CASE("Events about cluster-scoped objects are in the default namespace", "[events]") {
  CHECK(EventNamespace({"v1", "Node", "", "n", ""}) == "default");
  CHECK(EventNamespace(kTest) == "ns");
}

}  // namespace
}  // namespace dst_load::kube
