#include "coordination/merge_cache.h"

#include <catch2/catch.hpp>

namespace dst_load::coordination {
namespace {

using std::chrono::milliseconds;

constexpr MonoTime kNow{std::chrono::seconds{100}};

TEST_CASE("What was dear to merge is used again until merging takes a tenth of the time", "[merge]") {
  const auto merged = std::make_shared<const MergedReports>();
  MergeCache cache;
  REQUIRE(cache.Find({Stage::kRunning, 0}, kNow) == nullptr);
  cache.Keep(merged, {Stage::kRunning, 7}, milliseconds{100}, kNow);
  REQUIRE(cache.Find({Stage::kRunning, 99}, kNow + milliseconds{899}) == merged);
  REQUIRE(cache.Find({Stage::kRunning, 99}, kNow + milliseconds{900}) == nullptr);
}

TEST_CASE("However dear it was, nothing is used for longer than two seconds", "[merge]") {
  const auto merged = std::make_shared<const MergedReports>();
  MergeCache cache;
  cache.Keep(merged, {Stage::kRunning, 7}, milliseconds{1000}, kNow);
  REQUIRE(cache.Find({Stage::kRunning, 99}, kNow + milliseconds{1999}) == merged);
  REQUIRE(cache.Find({Stage::kRunning, 99}, kNow + milliseconds{2000}) == nullptr);
}

TEST_CASE("What was merged in a moment is merged anew", "[merge]") {
  MergeCache cache;
  cache.Keep(std::make_shared<const MergedReports>(), {Stage::kRunning, 7}, milliseconds{24}, kNow);
  REQUIRE(cache.Find({Stage::kRunning, 7}, kNow) == nullptr);
}

TEST_CASE("A new stage is judged by what is reported by then, and the end by every report", "[merge]") {
  const auto merged = std::make_shared<const MergedReports>();
  MergeCache cache;
  cache.Keep(merged, {Stage::kDraining, 7}, milliseconds{100}, kNow);
  REQUIRE(cache.Find({Stage::kDraining, 8}, kNow) == merged);
  REQUIRE(cache.Find({Stage::kConcluded, 7}, kNow) == nullptr);
  cache.Keep(merged, {Stage::kConcluded, 8}, milliseconds{100}, kNow);
  REQUIRE(cache.Find({Stage::kConcluded, 8}, kNow) == merged);
  REQUIRE(cache.Find({Stage::kConcluded, 9}, kNow) == nullptr);
}

}  // namespace
}  // namespace dst_load::coordination
