#include "kube/config.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include "kube/base64.h"
#include "kube/kubeconfig.h"
#include "test/support/temp_dir.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;
using test_support::TempDir;

/// A kubeconfig of one context "c", with these fields of cluster and user.
std::string Text(const std::string& cluster, const std::string& user) {
  return fmt::format(R"(apiVersion: v1
kind: Config
current-context: c
contexts:
- name: c
  context: {{cluster: k, user: u, namespace: team}}
- name: other
  context: {{cluster: k2, user: u}}
clusters:
- name: k
  cluster: {{server: "https://h:6443", {}}}
- name: k2
  cluster: {{server: "https://h2:6443"}}
users:
- name: u
  user: {{{}}}
)",
                     cluster, user);
}

Result<Config> Read(const std::string& cluster, const std::string& user) {
  return ConfigFromText(Text(cluster, user), "", SystemClock());
}

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST_CASE("A kubeconfig's current context is read with its inline data", "[config]") {
  const auto config = Read(fmt::format("certificate-authority-data: {}, tls-server-name: api", EncodeBase64("CA")),
                           fmt::format("client-certificate-data: {}, client-key-data: {}, token: secret",
                                       EncodeBase64("CERT"), EncodeBase64("KEY")));
  REQUIRE(config);
  CHECK(config->server == "https://h:6443");
  CHECK(config->ca_pem == "CA");
  CHECK(config->tls_server_name == "api");
  CHECK(config->client_cert_pem == "CERT");
  CHECK(config->client_key_pem == "KEY");
  CHECK(config->ns == "team");
  CHECK(config->token().value() == "secret");
}

TEST_CASE("A context asked for is used in place of the current one", "[config]") {
  const auto config = ConfigFromText(Text("", "token: t"), "other", SystemClock());
  REQUIRE(config);
  CHECK(config->server == "https://h2:6443");
  CHECK(config->ns == "default");
  CHECK_FALSE(ConfigFromText(Text("", "token: t"), "absent", SystemClock()));
}

TEST_CASE("What would weaken or change the connection unseen is refused, by its field's name", "[config]") {
  const auto refused = [](const std::string& cluster, const std::string& user, const std::string& field) {
    const auto config = Read(cluster, user);
    INFO(field);
    REQUIRE_FALSE(config);
    CHECK(IsInvalid(config.error()));
    CHECK(config.error().message.find(field) != std::string::npos);
  };
  refused("insecure-skip-tls-verify: true", "token: t", "insecure-skip-tls-verify");
  refused("proxy-url: http://p", "token: t", "proxy-url");
  refused("", "username: a, password: b", "username");
  refused("", "auth-provider: {name: gcp}", "auth-provider");
  refused("", "token: t, as: root", "as");
  refused("certificate-authority-data: '*'", "token: t", "certificate-authority-data");
  refused("", "client-certificate-data: QUJD", "client-key");
  CHECK(Read("insecure-skip-tls-verify: false", "token: t"));
}

TEST_CASE("A kubeconfig out of a Secret can neither read our files nor run programs", "[config]") {
  CHECK_FALSE(Read("", "tokenFile: /etc/hostname"));
  CHECK_FALSE(Read("", "client-certificate: /etc/hostname, client-key: /etc/hostname"));
  CHECK_FALSE(Read("certificate-authority: /etc/hostname", "token: t"));
  CHECK_FALSE(Read("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: true}"));
}

TEST_CASE("Text that is no kubeconfig is refused, not thrown over", "[config]") {
  for (const char* bad :
       {"", "[]", "hello", "{", "a: [", "contexts: 5", "current-context: {a: b}",
        "current-context: c\ncontexts: [{name: c}]", "clusters: [{cluster: {insecure-skip-tls-verify: maybe}}]"}) {
    INFO(bad);
    const auto config = ConfigFromText(bad, "", SystemClock());
    REQUIRE_FALSE(config);
    CHECK(IsInvalid(config.error()));
  }
}

TEST_CASE("Paths in a kubeconfig start from its folder, and the token file is followed as it rotates", "[config]") {
  const TempDir dir;
  FakeClock clock;
  dir.Write("ca.crt", "CA");
  dir.Write("token", "first\n");
  const auto path = dir.Write("config", Text("certificate-authority: ca.crt", "tokenFile: token"));
  const auto config = LoadConfig({path, ""}, clock);
  REQUIRE(config);
  CHECK(config->ca_pem == "CA");
  CHECK(config->token().value() == "first");
  dir.Write("token", "second\n");
  CHECK(config->token().value() == "second");
  dir.Write("token", "");
  CHECK(config->token().value() == "second");
  clock.Advance(1min);
  CHECK(config->token().value() == "second");
}

TEST_CASE("KUBECONFIG names several files, of which the first to say something wins", "[config]") {
  const TempDir dir;
  const auto first = dir.Write("a", "current-context: c\ncontexts: [{name: c, context: {cluster: k2, user: u}}]\n");
  const auto second = dir.Write("b", Text("", "token: t"));
  const Variable files("KUBECONFIG", first + ":" + dir.Path("absent") + ":" + second);
  const auto config = LoadConfig({}, SystemClock());
  REQUIRE(config);
  CHECK(config->server == "https://h2:6443");
  CHECK(config->token().value() == "t");
  const Variable none("KUBECONFIG", dir.Path("absent"));
  CHECK(IsNotFound(LoadConfig({}, SystemClock()).error()));
}

TEST_CASE("In a Pod the service account is used", "[config]") {
  const TempDir dir;
  dir.Write("ca.crt", "CA");
  dir.Write("token", "t");
  dir.Write("namespace", "team\n");
  const Variable port("KUBERNETES_SERVICE_PORT", "443");
  {
    const Variable host("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    const auto config = InClusterConfig(SystemClock(), dir.Path(""));
    REQUIRE(config);
    CHECK(config->server == "https://10.0.0.1:443");
    CHECK(config->ca_pem == "CA");
    CHECK(config->ns == "team");
    CHECK(config->token().value() == "t");
  }
  const Variable v6("KUBERNETES_SERVICE_HOST", "fd00::1");
  CHECK(InClusterConfig(SystemClock(), dir.Path(""))->server == "https://[fd00::1]:443");
  CHECK_FALSE(InClusterConfig(SystemClock(), dir.Path("absent")));
}

/// A plugin that counts its runs in a file and expires after a minute of `clock`.
std::string Plugin(const TempDir& dir, WallTime expires) {
  return dir.Write("plugin", fmt::format(R"(#!/bin/sh
echo run >> {}
test "$SET" = value || exit 3
case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 4 ;; esac
echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"'$1'","expirationTimestamp":"{}"}}}}'
)",
                                         dir.Path("runs"), FormatTimeSeconds(expires)));
}

TEST_CASE("An exec plugin is run once, and again when its credential expires", "[config]") {
  const TempDir dir;
  FakeClock clock;
  Plugin(dir, clock.Wall() + 1min);
  const auto path =
      dir.Write("config", Text("",
                               "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: "
                               "[tok], env: [{name: SET, value: value}]}"));
  const auto config = LoadConfig({path, ""}, clock);
  REQUIRE(config);
  const auto runs = [&] {
    std::ifstream file(dir.Path("runs"));
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  CHECK(config->token().value() == "tok");
  CHECK(config->token().value() == "tok");
  CHECK(config->key_pair().value().cert_pem.empty());
  CHECK(runs() == 1);
  clock.Advance(55s);
  CHECK(config->token());
  CHECK(runs() == 2);
}

TEST_CASE("An exec plugin that fails is an error with its hint", "[config]") {
  const TempDir dir;
  Plugin(dir, {});
  const auto path = dir.Write("config", Text("",
                                             "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
                                             "installHint: get it}"));
  const auto token = LoadConfig({path, ""}, SystemClock())->token();
  REQUIRE_FALSE(token);
  CHECK(token.error().message == fmt::format("exec plugin: run {}: exit status 3 (get it)", dir.Path("./plugin")));
  const auto absent =
      dir.Write("absent", Text("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-program}"));
  CHECK(IsNotFound(LoadConfig({absent, ""}, SystemClock())->token().error()));
  const auto old = dir.Write("old", Text("", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"));
  CHECK_FALSE(LoadConfig({old, ""}, SystemClock()));
}

TEST_CASE("A plugin's answer must be an ExecCredential of the version asked for", "[config]") {
  const std::string v1 = "client.authentication.k8s.io/v1";
  const auto text = [&](const std::string& status) {
    return R"({"kind":"ExecCredential","apiVersion":")" + v1 + R"(","status":)" + status + "}";
  };
  CHECK(ParseExecCredential(text(R"({"token":"t"})"), v1).value().token == "t");
  CHECK(
      ParseExecCredential(text(R"({"clientCertificateData":"C","clientKeyData":"K"})"), v1).value().key_pair.key_pem ==
      "K");
  CHECK_FALSE(ParseExecCredential(text(R"({"clientCertificateData":"C"})"), v1));
  CHECK_FALSE(ParseExecCredential(text("{}"), v1));
  CHECK_FALSE(ParseExecCredential(text(R"({"token":"t","expirationTimestamp":"soon"})"), v1));
  CHECK_FALSE(ParseExecCredential(text(R"({"token":"t"})"), "client.authentication.k8s.io/v1beta1"));
  CHECK_FALSE(ParseExecCredential("not json", v1));
}

}  // namespace
}  // namespace dst_load::kube
