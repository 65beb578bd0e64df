#include "base/log.h"
#include "base/log_scope.h"

#include <thread>

#include <catch2/catch.hpp>

namespace dst_load {
namespace {

TEST_CASE("Text is escaped for JSON", "[log]") {
  CHECK(log::EscapeJson("a\"b\\c") == R"(a\"b\\c)");
  CHECK(log::EscapeJson("line\nend\t") == R"(line\u000aend\u0009)");
  CHECK(log::EscapeJson("h\xc3\xa9llo \xf0\x9f\x98\x80") == "h\xc3\xa9llo \xf0\x9f\x98\x80");
}

TEST_CASE("What is not UTF-8 becomes the replacement character", "[log]") {
  CHECK(log::EscapeJson("\xff") == "\xef\xbf\xbd");
  CHECK(log::EscapeJson("a\xc3") == "a\xef\xbf\xbd");
  CHECK(log::EscapeJson("\xc0\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("Surrogates and overlong sequences are not UTF-8 either", "[log]") {
  CHECK(log::EscapeJson("\xed\xa0\x80").find('\xed') == std::string::npos);
  CHECK(log::EscapeJson("\xe0\x80\x80").find('\xe0') == std::string::npos);
  CHECK(log::EscapeJson("\xf4\x90\x80\x80").find('\xf4') == std::string::npos);
}

TEST_CASE("A scope's fields are in every line of its thread, until it ends", "[log]") {
  CHECK(log::ScopeText().empty());
  {
    const log::Scope pass{{"name", "x"}, {"runID", ""}, {"reconcileID", "1\""}};
    CHECK(log::ScopeText() == R"(,"name":"x","reconcileID":"1\"")");
    std::string elsewhere = "?";
    std::jthread([&] { elsewhere = log::ScopeText(); }).join();
    CHECK(elsewhere.empty());
  }
  CHECK(log::ScopeText().empty());
}

TEST_CASE("A field that is said twice counts as it was said last", "[log]") {
  const log::Scope outer{{"name", "x"}, {"namespace", "load"}};
  const log::Scope inner{{"name", "y"}, {"runID", "1"}};
  CHECK(log::ScopeText() == R"(,"namespace":"load","name":"y","runID":"1")");
  CHECK(log::ScopeText({{"runID", "2"}}) == R"(,"namespace":"load","name":"y")");
}

TEST_CASE("The level decides what is written", "[log]") {
  REQUIRE(log::SetLevel("warn"));
  CHECK_FALSE(log::Enabled(log::Level::kInfo));
  CHECK(log::Enabled(log::Level::kWarn));
  REQUIRE(log::SetLevel("debug"));
  CHECK(log::Enabled(log::Level::kDebug));
  const auto unknown = log::SetLevel("loud");
  REQUIRE_FALSE(unknown);
  CHECK(IsInvalid(unknown.error()));
  REQUIRE(log::SetLevel("info"));
}

}  // namespace
}  // namespace dst_load
