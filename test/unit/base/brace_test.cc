#include "base/brace.h"

#include <catch2/catch.hpp>

namespace dst_load {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("A text without braces expands to itself", "[brace]") {
  CHECK(ExpandBraces("test-service.ns").value() == Names{"test-service.ns"});
  CHECK(ExpandBraces("").value() == Names{""});
}

TEST_CASE("A range expands in ascending order, both ends included", "[brace]") {
  CHECK(ExpandBraces("s-{1..3}.ns:8080").value() == Names{"s-1.ns:8080", "s-2.ns:8080", "s-3.ns:8080"});
  CHECK(ExpandBraces("s-{7..7}").value() == Names{"s-7"});
}

TEST_CASE("Leading zeros are kept to the width of the first number", "[brace]") {
  CHECK(ExpandBraces("{08..10}").value() == Names{"08", "09", "10"});
  CHECK(ExpandBraces("{0..2}").value() == Names{"0", "1", "2"});
}

TEST_CASE("Several braces expand to their product, the last varying fastest", "[brace]") {
  CHECK(ExpandBraces("{a,b}-{1..2}").value() == Names{"a-1", "a-2", "b-1", "b-2"});
}

TEST_CASE("An empty alternative is an empty text", "[brace]") {
  CHECK(ExpandBraces("x{,y}").value() == Names{"x", "xy"});
}

TEST_CASE("What is no range or never closes is refused with its text", "[brace]") {
  for (const char* bad : {"{3..1}", "{a..c}", "{1..}", "{..2}", "x-{1..3", "{-1..3}", "{a,{b,c}}", "a}b", "{a}}",
                          "{1..99999999999999999999}"}) {
    const auto expanded = ExpandBraces(bad);
    INFO(bad);
    REQUIRE_FALSE(expanded);
    CHECK(IsInvalid(expanded.error()));
  }
}

TEST_CASE("No more names are made than the limit allows", "[brace]") {
  CHECK(ExpandBraces("{1..10}", 10).value().size() == 10);
  CHECK_FALSE(ExpandBraces("{1..11}", 10));
  CHECK_FALSE(ExpandBraces("{1..4}{1..4}", 10));
  CHECK_FALSE(ExpandBraces("{0..18446744073709551615}"));
}

TEST_CASE("The largest numbers there are can be a range", "[brace]") {
  CHECK(ExpandBraces("{18446744073709551614..18446744073709551615}").value() ==
        Names{"18446744073709551614", "18446744073709551615"});
}

}  // namespace
}  // namespace dst_load
