#include "coordination/first_time.h"

#include <catch2/catch.hpp>

namespace dst_load::coordination {
namespace {

TEST_CASE("A name is new once, until it is forgotten", "[first_time]") {
  FirstTime names;
  CHECK(names.Take("a"));
  CHECK_FALSE(names.Take("a"));
  CHECK(names.Take("b"));
  names.Forget("a");
  CHECK(names.Take("a"));
  CHECK_FALSE(names.Take("b"));
}

TEST_CASE("Names without end are bounded", "[first_time]") {
  FirstTime names;
  for (std::size_t i = 0; i < FirstTime::kMost; ++i) REQUIRE(names.Take(std::to_string(i)));
  CHECK_FALSE(names.Take("0"));
  CHECK(names.Take("one more"));
  CHECK(names.Take("0"));
}

}  // namespace
}  // namespace dst_load::coordination
