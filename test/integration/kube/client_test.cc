#include "kube/client.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/config.h"
#include "kube/token_source.h"
#include "test/integration/kube/fixture.h"
#include "test/support/certificates.h"
#include "test/support/temp_dir.h"

namespace dst_load::kube {
namespace {

using nlohmann::json;
using test_support::SharedApiServer;

TEST_CASE("An object is created, read, replaced and deleted", "[client]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "verbs");
  const auto created = client->Create(kConfigMaps, ns, ConfigMap("x", "one"));
  REQUIRE(created);
  auto read = client->Get(kConfigMaps, ns, "x");
  REQUIRE(read);
  CHECK(StringAt(*read, "data.key") == "one");
  (*read)["data"]["key"] = "two";
  REQUIRE(client->Update(kConfigMaps, ns, *read));
  CHECK(StringAt(client->Get(kConfigMaps, ns, "x").value(), "data.key") == "two");
  REQUIRE(client->MergePatch(kConfigMaps, ns, "x", {{"data", {{"key", "three"}}}}));
  CHECK(StringAt(client->Get(kConfigMaps, ns, "x").value(), "data.key") == "three");
  REQUIRE(client->Delete(kConfigMaps, ns, "x"));
  const auto gone = client->Get(kConfigMaps, ns, "x");
  REQUIRE_FALSE(gone);
  CHECK(IsNotFound(gone.error()));
  CHECK(gone.error().message == "get configmaps/verbs/x: configmaps \"x\" not found");
  CHECK(client->Delete(kConfigMaps, ns, "x"));
}

TEST_CASE("A second object of the same name already exists", "[client]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "twice");
  REQUIRE(client->Create(kConfigMaps, ns, ConfigMap("x", "one")));
  const auto again = client->Create(kConfigMaps, ns, ConfigMap("x", "two"));
  REQUIRE_FALSE(again);
  CHECK(IsAlreadyExists(again.error()));
}

TEST_CASE("A replacement of a stale version is a conflict", "[client]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "stale");
  const auto first = client->Create(kConfigMaps, ns, ConfigMap("x", "one"));
  REQUIRE(first);
  json newer = *first;
  newer["data"]["key"] = "two";
  REQUIRE(client->Update(kConfigMaps, ns, newer));
  const auto refused = client->Update(kConfigMaps, ns, *first);
  REQUIRE_FALSE(refused);
  CHECK(IsConflict(refused.error()));
}

TEST_CASE("An object that fails validation is invalid", "[client]") {
  const auto client = AdminClient();
  const auto refused = client->Create(kConfigMaps, "default", ConfigMap("Not A Name", ""));
  REQUIRE_FALSE(refused);
  CHECK(IsInvalid(refused.error()));
}

TEST_CASE("Server-side apply owns its fields and takes them over only by force", "[client]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "apply");
  REQUIRE(client->Apply(kConfigMaps, ns, ConfigMap("x", "one"), "first"));
  const auto refused = client->Apply(kConfigMaps, ns, ConfigMap("x", "two"), "second", /*force=*/false);
  REQUIRE_FALSE(refused);
  CHECK(IsConflict(refused.error()));
  const auto taken = client->Apply(kConfigMaps, ns, ConfigMap("x", "two"), "second", /*force=*/true);
  REQUIRE(taken);
  CHECK(StringAt(*taken, "data.key") == "two");
  // A field that its only owner leaves out of the next apply goes.
  json without = ConfigMap("x", "");
  without.erase("data");
  const auto dropped = client->Apply(kConfigMaps, ns, without, "second");
  REQUIRE(dropped);
  CHECK(StringAt(*dropped, "data.key").empty());
}

TEST_CASE("A list longer than a page is read whole", "[client]") {
  ClientOptions options;
  options.qps = 0;
  const auto client = AdminClient(options);
  const std::string ns = FreshNamespace(*client, "pages");
  constexpr int kCount = 501;
  for (int i = 0; i < kCount; ++i) {
    json object = ConfigMap(fmt::format("x-{:04}", i), "");
    object["metadata"]["labels"]["even"] = i % 2 == 0 ? "true" : "false";
    REQUIRE(client->Create(kConfigMaps, ns, object));
  }
  const auto all = client->List(kConfigMaps, ns);
  REQUIRE(all);
  CHECK(all->items.size() == kCount);
  CHECK_FALSE(all->resource_version.empty());
  CHECK(KeyOf(all->items.back()) == ObjectKey{ns, "x-0500"});
  CHECK(StringAt(all->items.front(), "kind") == "ConfigMap");
  CHECK(client->List(kConfigMaps, ns, "even=true").value().items.size() == 251);
}

TEST_CASE("Who has no right is told so, and who is nobody as well", "[client]") {
  const auto alice = Client::Create(SharedApiServer().Bearer("alice-token"), {}, SystemClock());
  REQUIRE(alice);
  const auto forbidden = (*alice)->Get(kSecrets, "default", "x");
  REQUIRE_FALSE(forbidden);
  CHECK(IsForbidden(forbidden.error()));
  CHECK(forbidden.error().message.find("alice") != std::string::npos);
  const auto nobody = Client::Create(SharedApiServer().Bearer("wrong"), {}, SystemClock());
  REQUIRE(nobody);
  CHECK((*nobody)->Get(kSecrets, "default", "x").error().code == Code::kUnauthorized);
}

TEST_CASE("A token file that rotates is followed without a new client", "[client]") {
  const test_support::TempDir dir;
  FakeClock clock;
  const std::string path = dir.Write("token", "expired");
  Config config = SharedApiServer().Bearer("");
  config.token = FileToken(path, clock);
  const auto client = ClientOf(config);
  CHECK(client->Get(kSecrets, "default", "x").error().code == Code::kUnauthorized);
  dir.Write("token", "bob-token");
  const auto forbidden = client->Get(kSecrets, "default", "x");
  REQUIRE_FALSE(forbidden);
  CHECK(IsForbidden(forbidden.error()));
  CHECK(forbidden.error().message.find("bob") != std::string::npos);
}

TEST_CASE("A server whose certificate another authority signed is not spoken to", "[client]") {
  Config config = SharedApiServer().Admin();
  config.ca_pem = test_support::MakeAuthority("dst-load-test-ca").pair.cert_pem;
  const auto refused = ClientOf(config)->Get(kNamespaces, "", "default");
  REQUIRE_FALSE(refused);
  CHECK(IsInvalid(refused.error()));
  CHECK(refused.error().message.find("is not trusted") != std::string::npos);
}

TEST_CASE("A server is known by another name where the configuration says so", "[client]") {
  Config config = SharedApiServer().Admin();
  config.tls_server_name = "kube-apiserver.test";
  CHECK(ClientOf(config)->Get(kNamespaces, "", "default"));
  config.tls_server_name = "other.test";
  CHECK_FALSE(ClientOf(config)->Get(kNamespaces, "", "default"));
}

TEST_CASE("The kubeconfig that kubectl would use works here as well", "[client]") {
  const auto config = LoadConfig({SharedApiServer().KubeconfigPath(), "test"}, SystemClock());
  REQUIRE(config);
  CHECK(ClientOf(*config)->Get(kNamespaces, "", "default"));
}

}  // namespace
}  // namespace dst_load::kube
