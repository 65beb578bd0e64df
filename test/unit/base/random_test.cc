#include "base/random.h"

#include <catch2/catch.hpp>

namespace dst_load {
namespace {

TEST_CASE("Equal seeds give equal sequences, the published ones", "[random]") {
  Random random(1234567);
  CHECK(random.Next() == 6457827717110365317ULL);
  CHECK(random.Next() == 3203168211198807973ULL);
}

TEST_CASE("Numbers below a bound stay below it and reach every value", "[random]") {
  Random random(1);
  int seen[7] = {};
  for (int i = 0; i < 70'000; ++i) {
    const auto value = random.Below(7);
    REQUIRE(value < 7);
    ++seen[value];
  }
  for (const int count : seen) CHECK(count > 9'000);
  CHECK(random.Below(0) == 0);
  CHECK(random.Below(1) == 0);
}

TEST_CASE("Random hex has two digits a byte and does not repeat", "[random]") {
  const std::string a = RandomHex(16);
  CHECK(a.size() == 32);
  CHECK(a.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(a != RandomHex(16));
}

}  // namespace
}  // namespace dst_load
