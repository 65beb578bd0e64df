#include "coordination/tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/random.h"

namespace dst_load::coordination {
namespace {

using Cert = std::unique_ptr<X509, decltype(&X509_free)>;

Cert Parse(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Cert cert(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), &X509_free);
  BIO_free(bio);
  return cert;
}

/// Whether `leaf` is a server certificate of `ca` at that time.
bool Verifies(const std::string& leaf_pem, const std::string& ca_pem, WallTime at) {
  const auto leaf = Parse(leaf_pem);
  const auto ca = Parse(ca_pem);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, ca.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
  X509_STORE_CTX_set_time(context, 0, std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  const bool ok = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return ok;
}

TEST_CASE("An issued certificate verifies against its authority, for a year", "[tls]") {
  FakeClock clock;
  const auto authority = MakeAuthority(clock).value();
  const auto other = MakeAuthority(clock).value();
  const auto identity = IssueIdentity(authority, {"operator.ns.svc", "10.1.2.3", "fd00::1"}, clock).value();
  const auto now = clock.Wall();
  REQUIRE(Verifies(identity.cert_pem, authority.cert_pem, now));
  REQUIRE(Verifies(identity.cert_pem, authority.cert_pem, now - std::chrono::minutes{59}));
  REQUIRE_FALSE(Verifies(identity.cert_pem, authority.cert_pem, now - std::chrono::minutes{61}));
  REQUIRE(Verifies(identity.cert_pem, authority.cert_pem, now + std::chrono::hours{24 * 364}));
  REQUIRE_FALSE(Verifies(identity.cert_pem, authority.cert_pem, now + std::chrono::hours{24 * 366}));
  REQUIRE_FALSE(Verifies(identity.cert_pem, other.cert_pem, now));
}

TEST_CASE("A server certificate holds its names, and the coordinator's always", "[tls]") {
  FakeClock clock;
  const auto authority = MakeAuthority(clock).value();
  const auto cert = Parse(IssueIdentity(authority, {"operator.ns.svc", "10.1.2.3", "fd00::1"}, clock)->cert_pem);
  const auto host = [&](const std::string& name) {
    return X509_check_host(cert.get(), name.data(), name.size(), 0, nullptr) == 1;
  };
  REQUIRE(host("operator.ns.svc"));
  REQUIRE(host("dst-load-coordinator"));
  REQUIRE_FALSE(host("other.ns.svc"));
  REQUIRE(X509_check_ip_asc(cert.get(), "10.1.2.3", 0) == 1);
  REQUIRE(X509_check_ip_asc(cert.get(), "fd00::1", 0) == 1);
  REQUIRE(X509_check_ip_asc(cert.get(), "10.1.2.4", 0) != 1);
  REQUIRE(X509_check_ca(cert.get()) == 0);
}

TEST_CASE("Names that could smuggle in others and unusable authorities are refused", "[tls]") {
  FakeClock clock;
  const auto authority = MakeAuthority(clock).value();
  REQUIRE(IsInvalid(IssueIdentity(authority, {"a,DNS:b"}, clock).error()));
  REQUIRE(IsInvalid(IssueIdentity(authority, {""}, clock).error()));
  REQUIRE(IsInvalid(IssueIdentity({"", ""}, {}, clock).error()));
  REQUIRE(IsInvalid(IssueIdentity({authority.cert_pem, "garbage"}, {}, clock).error()));
  REQUIRE(IsInvalid(IssueIdentity({authority.cert_pem, MakeAuthority(clock)->key_pem}, {}, clock).error()));
}

TEST_CASE("Credentials are written for the owner alone and read back", "[tls]") {
  const auto dir = std::filesystem::temp_directory_path() / ("dst-load-" + RandomHex(8));
  const auto path = dir.string() + "/nested";
  FakeClock clock;
  const Credentials credentials{MakeAuthority(clock)->cert_pem, "token-1"};
  REQUIRE(IsInvalid(ReadCredentials(path).error()));
  REQUIRE(WriteCredentials(path, credentials).has_value());
  REQUIRE(WriteCredentials(path, credentials).has_value());
  const auto read = ReadCredentials(path).value();
  REQUIRE(read.ca_pem == credentials.ca_pem);
  REQUIRE(read.token == credentials.token);
  struct stat info {};
  REQUIRE(::stat((path + "/token").c_str(), &info) == 0);
  REQUIRE((info.st_mode & 0777) == 0600);
  std::ofstream(path + "/token") << "by-hand\n";
  REQUIRE(ReadCredentials(path)->token == "by-hand");
  std::ofstream(path + "/token") << "\n";
  REQUIRE(ReadCredentials(path).error().message.find("token") != std::string::npos);
  std::ofstream(path + "/ca.crt") << "no certificate";
  std::ofstream(path + "/token") << "t";
  REQUIRE(ReadCredentials(path).error().message.find("ca.crt") != std::string::npos);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace dst_load::coordination
