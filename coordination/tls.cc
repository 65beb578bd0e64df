#include "coordination/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

namespace dst_load::coordination {
namespace {

constexpr const char* kServerName = "dst-load-coordinator";
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kYear = 365 * 24 * kHour;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

tl::unexpected<Error> Failed(Code code, const std::string& what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return Fail(code, what + ": " + text.data());
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string CertPem(X509* cert) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), cert);
  return Contents(bio.get());
}

std::string KeyPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Contents(bio.get());
}

bool AddExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(cert, extension.get(), -1) == 1;
}

/// A certificate with a random serial, a name and a validity from an hour ago, neither signed nor extended yet.
Cert Blank(EVP_PKEY* key, const char* name, std::int64_t lifetime, WallTime now) {
  Cert cert(X509_new());
  std::array<unsigned char, 16> serial{};
  if (cert == nullptr || RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return nullptr;
  serial[0] &= 0x7F;
  const std::unique_ptr<BIGNUM, Freer<BN_free>> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const bool ok = X509_set_version(cert.get(), X509_VERSION_3) == 1 &&
                  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert.get())) != nullptr &&
                  ASN1_TIME_set(X509_getm_notBefore(cert.get()), seconds - kHour) != nullptr &&
                  ASN1_TIME_set(X509_getm_notAfter(cert.get()), seconds + lifetime) != nullptr &&
                  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1 &&
                  X509_set_pubkey(cert.get(), key) == 1;
  return ok ? std::move(cert) : nullptr;
}

bool IsIp(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

/// "DNS:a,IP:10.0.0.1". Errors: kInvalid for a name that is neither: it could smuggle in others.
Result<std::string> AlternativeNames(std::vector<std::string> names) {
  if (std::find(names.begin(), names.end(), kServerName) == names.end()) names.insert(names.begin(), kServerName);
  std::string out;
  for (const auto& name : names) {
    const bool dns = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '*';
    });
    if (!dns && !IsIp(name)) return Fail(Code::kInvalid, "issue certificate: \"" + name + "\" is no name");
    out += (out.empty() ? "" : ",") + std::string(IsIp(name) ? "IP:" : "DNS:") + name;
  }
  return out;
}

}  // namespace

Result<Authority> MakeAuthority(const Clock& clock) {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed(Code::kInternal, "make authority: key");
  const Cert cert = Blank(key.get(), "dst-load", 10 * kYear, clock.Wall());
  if (cert == nullptr) return Failed(Code::kInternal, "make authority: certificate");
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  const bool ok = AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                  AddExtension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
                  AddExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash") &&
                  X509_sign(cert.get(), key.get(), EVP_sha256()) != 0;
  if (!ok) return Failed(Code::kInternal, "make authority: sign");
  return Authority{CertPem(cert.get()), KeyPem(key.get())};
}

Result<ServerIdentity> IssueIdentity(const Authority& authority, const std::vector<std::string>& names,
                                     const Clock& clock) {
  const Bio cert_bio(BIO_new_mem_buf(authority.cert_pem.data(), static_cast<int>(authority.cert_pem.size())));
  const Cert ca(PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr));
  if (ca == nullptr) return Failed(Code::kInvalid, "read authority: certificate");
  const Bio key_bio(BIO_new_mem_buf(authority.key_pem.data(), static_cast<int>(authority.key_pem.size())));
  const Key ca_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (ca_key == nullptr) return Failed(Code::kInvalid, "read authority: key");
  if (X509_check_private_key(ca.get(), ca_key.get()) != 1)
    return Failed(Code::kInvalid, "read authority: key of another");
  const auto alternatives = AlternativeNames(names);
  if (!alternatives) return Fail(alternatives.error());

  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed(Code::kInternal, "issue certificate: key");
  const Cert cert = Blank(key.get(), kServerName, kYear, clock.Wall());
  if (cert == nullptr) return Failed(Code::kInternal, "issue certificate");
  X509_set_issuer_name(cert.get(), X509_get_subject_name(ca.get()));
  const bool ok = AddExtension(cert.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                  AddExtension(cert.get(), ca.get(), NID_key_usage, "critical,digitalSignature") &&
                  AddExtension(cert.get(), ca.get(), NID_ext_key_usage, "serverAuth") &&
                  AddExtension(cert.get(), ca.get(), NID_subject_alt_name, *alternatives) &&
                  AddExtension(cert.get(), ca.get(), NID_authority_key_identifier, "keyid") &&
                  X509_sign(cert.get(), ca_key.get(), EVP_sha256()) != 0;
  if (!ok) return Failed(Code::kInternal, "issue certificate: sign");
  return ServerIdentity{CertPem(cert.get()), KeyPem(key.get())};
}

}  // namespace dst_load::coordination
