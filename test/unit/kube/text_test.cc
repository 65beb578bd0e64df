#include <catch2/catch.hpp>

#include "base/random.h"
#include "kube/base64.h"
#include "kube/line_splitter.h"
#include "kube/resource.h"
#include "kube/url.h"

namespace dst_load::kube {
namespace {

TEST_CASE("A resource's path follows group, namespace, name and subresource", "[resource]") {
  CHECK(kPods.Path("ns", "x") == "/api/v1/namespaces/ns/pods/x");
  CHECK(kPods.Path("") == "/api/v1/pods");
  CHECK(kDeployments.Path("ns", "x", "status") == "/apis/apps/v1/namespaces/ns/deployments/x/status");
  CHECK(kNodes.Path("", "n") == "/api/v1/nodes/n");
  CHECK(kNodes.Path("ignored", "n") == "/api/v1/nodes/n");
  CHECK(kPods.Path("../..", "a/b") == "/api/v1/namespaces/..%2F../pods/a%2Fb");
  CHECK(kDeployments.ApiVersion() == "apps/v1");
  CHECK(kPods.ApiVersion() == "v1");
  CHECK(kPods.Describe("ns", "x") == "pods/ns/x");
}

TEST_CASE("A server's address is read into its parts", "[url]") {
  const auto url = ParseUrl("https://api.example:6443/k8s/clusters/c/").value();
  CHECK(url.tls);
  CHECK(url.host == "api.example");
  CHECK(url.port == 6443);
  CHECK(url.prefix == "/k8s/clusters/c");
  CHECK(ParseUrl("https://h").value().port == 443);
  CHECK(ParseUrl("http://h").value().port == 80);
  CHECK_FALSE(ParseUrl("http://h").value().tls);
  const auto v6 = ParseUrl("https://[fd00::1]:6443").value();
  CHECK(v6.host == "fd00::1");
  CHECK(v6.Authority() == "[fd00::1]:6443");
}

TEST_CASE("What is no server's address is refused", "[url]") {
  for (const char* bad :
       {"", "h:6443", "ftp://h", "https://", "https://h:0", "https://h:65536", "https://h:", "https://h:1x",
        "https://u:p@h", "https://h?q=1", "https://[::1", "https://[::1]x", "https://h /"}) {
    INFO(bad);
    REQUIRE_FALSE(ParseUrl(bad));
    CHECK(IsInvalid(ParseUrl(bad).error()));
  }
}

TEST_CASE("A query leaves empty values out and encodes the others", "[url]") {
  CHECK(Query({{"labelSelector", "a=b,c!=d"}, {"limit", ""}, {"continue", "x+/="}}) ==
        "?labelSelector=a%3Db%2Cc%21%3Dd&continue=x%2B%2F%3D");
  CHECK(Query({{"limit", ""}}).empty());
}

TEST_CASE("Base64 of any bytes decodes to them again", "[base64]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random.Below(50), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Below(256));
    REQUIRE(DecodeBase64(EncodeBase64(bytes)) == bytes);
  }
  CHECK(DecodeBase64("aGVs\nbG8=\n") == "hello");
}

TEST_CASE("What is not base64 is refused", "[base64]") {
  for (const char* bad : {"a", "ab=c", "====", "a===", "a*bc", "aGVsbG8"}) {
    INFO(bad);
    CHECK_FALSE(DecodeBase64(bad));
  }
}

TEST_CASE("Lines come out whole wherever the chunks are cut", "[lines]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> sent;
    std::string stream;
    for (std::uint64_t i = 0, count = random.Below(20); i < count; ++i) {
      sent.emplace_back(random.Below(30) + 1, static_cast<char>('a' + random.Below(26)));
      stream += sent.back() + (random.Below(2) == 0 ? "\n" : "\r\n");
    }
    LineSplitter splitter;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = random.Below(12) + 1;
      REQUIRE(splitter.Feed(std::string_view(stream).substr(at, size), [&](std::string_view line) {
        got.emplace_back(line);
        return true;
      }));
      at += size;
    }
    REQUIRE(got == sent);
  }
}

TEST_CASE("Splitting ends where the reader has had enough, and at a line that never ends", "[lines]") {
  LineSplitter splitter(10);
  int lines = 0;
  CHECK(splitter.Feed("a\nb\n", [&](std::string_view) { return ++lines < 1; }).value() == false);
  CHECK(lines == 1);
  LineSplitter limited(10);
  CHECK(limited.Feed("0123456789", [](std::string_view) { return true; }));
  CHECK_FALSE(limited.Feed("0", [](std::string_view) { return true; }));
}

}  // namespace
}  // namespace dst_load::kube
