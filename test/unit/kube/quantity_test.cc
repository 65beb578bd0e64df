#include "kube/quantity.h"

#include <catch2/catch.hpp>

namespace dst_load::kube {
namespace {

TEST_CASE("Quantities are read as Kubernetes writes them", "[quantity]") {
  const std::pair<const char*, double> kCases[] = {
      {"0", 0},
      {"512", 512},
      {"1.5", 1.5},
      {".5", 0.5},
      {"1Ki", 1024},
      {"8Gi", 8589934592},
      {"1.5Gi", 1610612736},
      {"2Ti", 2199023255552},
      {"1Pi", 1125899906842624},
      {"1Ei", 1152921504606846976},
      {"2k", 2e3},
      {"3M", 3e6},
      {"4G", 4e9},
      {"5T", 5e12},
      {"6P", 6e15},
      {"7E", 7e18},
      {"100m", 0.1},
      {"2e3", 2000},
      {"2E3", 2000},
      {"1.5e9", 1.5e9},
  };
  for (const auto& [text, value] : kCases) {
    INFO(text);
    const auto read = ParseQuantity(text);
    REQUIRE(read);
    CHECK(*read == Approx(value));
  }
}

TEST_CASE("What is no quantity is refused by name", "[quantity]") {
  for (const char* text :
       {"", "Gi", "-1Gi", "+1", "1 Gi", "1GB", "1gi", "1KI", "1Gi ", "1.5.5", "nan", "inf", "0x10", "1e999"}) {
    INFO(text);
    const auto read = ParseQuantity(text);
    REQUIRE_FALSE(read);
    CHECK(IsInvalid(read.error()));
    CHECK_THAT(read.error().message, Catch::Contains(std::string("\"") + text + "\""));
  }
}

}  // namespace
}  // namespace dst_load::kube
