#include "report/markup.h"

#include <catch2/catch.hpp>

namespace dst_load::report {
namespace {

TEST_CASE("Markup is escaped and what XML forbids is replaced", "[markup]") {
  REQUIRE(EscapeMarkup("") == "");
  REQUIRE(EscapeMarkup("plain é € 😀\t\n") == "plain é € 😀\t\n");
  REQUIRE(EscapeMarkup("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  REQUIRE(EscapeMarkup("]]>") == "]]&gt;");
  const std::string bad = "\xEF\xBF\xBD";
  REQUIRE(EscapeMarkup(std::string_view("\0\x01\x1F", 3)) == bad + bad + bad);
  REQUIRE(EscapeMarkup("\xFF") == bad);
  REQUIRE(EscapeMarkup("\xC3") == bad);
  REQUIRE(EscapeMarkup("\xC0\x80") == bad + bad);
  REQUIRE(EscapeMarkup("\xED\xA0\x80") == bad + bad + bad);
  REQUIRE(EscapeMarkup("\xEF\xBF\xBE") == bad + bad + bad);
  REQUIRE(EscapeMarkup("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  REQUIRE(EscapeMarkup("\xF0\x9F\x98") == bad + bad + bad);
}

}  // namespace
}  // namespace dst_load::report
