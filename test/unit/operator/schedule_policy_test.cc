// What becomes of the tests before: which of them keep the next waiting, and which are deleted.
#include <catch2/catch.hpp>

#include "test/unit/operator/schedule_sample.h"

namespace dst_load::op {
namespace {

using namespace sample;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("While the test before is active, its policy says what becomes of the next", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.status.last_schedule = At("2026-05-01T11:00:00Z");
  seen.tests = {Made(seen, "2026-05-01T11:00:00Z", Phase::kRunning)};
  const WallTime now = At("2026-05-01T12:00:00Z");
  const std::string next = ScheduledName(seen.schedule, now);
  SECTION("Forbid: it waits, and is made when the other has ended") {
    const Done done = Reconciled(seen, now);
    CHECK(done.made.empty());
    CHECK(done.deleted.empty());
    CHECK(done.ready == "True/PreviousActive");
    CHECK(done.status.active == std::vector<std::string>{"nightly-29627220"});
    seen.tests[0] = Made(seen, "2026-05-01T11:00:00Z", Phase::kFailed);
    CHECK(Reconciled(seen, now + minutes{7}).made == std::vector<std::string>{next});
  }
  SECTION("Replace: the other is deleted, and it is made when that is gone") {
    seen.schedule.spec.concurrency = Concurrency::kReplace;
    const Done done = Reconciled(seen, now);
    CHECK(done.deleted == std::vector<std::string>{"nightly-29627220"});
    CHECK(done.made.empty());
    CHECK(done.ready == "True/PreviousActive");
    seen.tests[0].meta.deleting = true;
    CHECK(Reconciled(seen, now).deleted.empty());
    CHECK(Reconciled(seen, now).made.empty());
    seen.tests.clear();
    CHECK(Reconciled(seen, now).made == std::vector<std::string>{next});
  }
  SECTION("Allow: both run") {
    seen.schedule.spec.concurrency = Concurrency::kAllow;
    const Done done = Reconciled(seen, now);
    CHECK(done.deleted.empty());
    CHECK(done.made == std::vector<std::string>{next});
    seen.tests.insert(seen.tests.begin(), Made(seen, "2026-05-01T11:30:00Z", Phase::kRunning));
    CHECK(Reconciled(seen, now).status.active == std::vector<std::string>{"nightly-29627220", "nightly-29627250"});
  }
  SECTION("The test of this very time is not in its own way") {
    seen.tests = {Made(seen, "2026-05-01T12:00:00Z", Phase::kStarting)};
    CHECK(Reconciled(seen, now).made == std::vector<std::string>{next});
  }
  SECTION("A test of somebody else's is not in the way") {
    seen.tests[0].owner_uid = "other";
    CHECK(Reconciled(seen, now).made == std::vector<std::string>{next});
  }
}

TEST_CASE("A test waits until the workload of the one before is gone, because it has the same names", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.status.last_schedule = At("2026-05-01T11:00:00Z");
  seen.leftovers = {"nightly-29627220"};
  const WallTime now = At("2026-05-01T12:00:00Z");
  const auto waits = [&] {
    const Done done = Reconciled(seen, now);
    if (!done.made.empty()) return false;
    CHECK(done.ready == "True/PreviousActive");
    CHECK(done.requeue == seconds{2});
    return true;
  };
  SECTION("of one that is gone") { CHECK(waits()); }
  SECTION("of one that has just ended, and for a while only: some are to stay") {
    seen.tests = {Made(seen, "2026-05-01T11:00:00Z", Phase::kSucceeded)};
    seen.tests[0].completion = now - minutes{1};
    CHECK(waits());
    seen.tests[0].completion = now - minutes{2};
    CHECK_FALSE(waits());
    seen.tests[0].meta.deleting = true;  // and takes its workload along
    CHECK(waits());
  }
  SECTION("not where tests may be concurrent") {
    seen.schedule.spec.concurrency = Concurrency::kAllow;
    CHECK_FALSE(waits());
  }
  SECTION("not of this very time's test") {
    seen.leftovers = {ScheduledName(seen.schedule, now)};
    CHECK_FALSE(waits());
  }
}

TEST_CASE("Tests that ended are kept up to the limit of their kind, the newest of them", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.successful_history = 1;
  seen.schedule.spec.failed_history = 0;
  seen.schedule.status.last_schedule = At("2026-05-01T15:00:00Z");
  seen.tests = {
      Made(seen, "2026-05-01T11:00:00Z", Phase::kSucceeded), Made(seen, "2026-05-01T12:00:00Z", Phase::kFailed),
      Made(seen, "2026-05-01T13:00:00Z", Phase::kSucceeded), Made(seen, "2026-05-01T14:00:00Z", Phase::kStopped),
      Made(seen, "2026-05-01T15:00:00Z", Phase::kRunning)};
  const Done done = Reconciled(seen, At("2026-05-01T15:10:00Z"));
  CHECK_THAT(done.deleted, Catch::UnorderedEquals(std::vector<std::string>{
                               seen.tests[0].meta.name, seen.tests[1].meta.name, seen.tests[3].meta.name}));
  CHECK(done.status.last_successful == At("2026-05-01T13:05:00Z"));
  CHECK(done.status.active == std::vector<std::string>{seen.tests[4].meta.name});
  for (auto& test : seen.tests) test.meta.deleting = true;
  CHECK(Reconciled(seen, At("2026-05-01T15:10:00Z")).deleted.empty());
}

TEST_CASE("When a test passed last is not forgotten with it", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.status.last_successful = At("2026-04-01T00:00:00Z");
  CHECK(Reconciled(seen, kCreated + seconds{1}).status.last_successful == At("2026-04-01T00:00:00Z"));
}

}  // namespace
}  // namespace dst_load::op
