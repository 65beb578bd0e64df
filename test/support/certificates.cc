#include "test/support/certificates.h"

#include <cstdlib>
#include <iostream>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "kube/tls.h"

namespace dst_load::test_support {
namespace {

using kube::OpenSslPtr;

void Require(bool ok, const char* what) {
  if (ok) return;
  std::cerr << "certificates: cannot " << what << '\n';
  std::abort();
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Pem(EVP_PKEY* key) {
  const OpenSslPtr<BIO> out(BIO_new(BIO_s_mem()));
  // Not PKCS #8: kube-apiserver finds no public key in that.
  Require(PEM_write_bio_PrivateKey_traditional(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a key");
  return Contents(out.get());
}

std::string Pem(X509* certificate) {
  const OpenSslPtr<BIO> out(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(out.get(), certificate) == 1, "write a certificate");
  return Contents(out.get());
}

OpenSslPtr<X509> ReadCertificate(const std::string& pem) {
  const OpenSslPtr<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return OpenSslPtr<X509>(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
}

OpenSslPtr<EVP_PKEY> ReadKey(const std::string& pem) {
  const OpenSslPtr<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return OpenSslPtr<EVP_PKEY>(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
}

void Extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "add an extension");
  X509_EXTENSION_free(extension);
}

void AddName(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1,
                             0);
}

OpenSslPtr<X509> Blank(EVP_PKEY* key, const Subject& subject) {
  OpenSslPtr<X509> made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), RandomSeed() >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
  X509_set_pubkey(made.get(), key);
  AddName(X509_get_subject_name(made.get()), "O", subject.organization);
  AddName(X509_get_subject_name(made.get()), "CN", subject.name);
  return made;
}

OpenSslPtr<EVP_PKEY> NewKey() {
  OpenSslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  Require(key != nullptr, "make a key");
  return key;
}

}  // namespace

std::string MakeKey() { return Pem(NewKey().get()); }

Authority MakeAuthority(const std::string& name) {
  const auto key = NewKey();
  const auto made = Blank(key.get(), {name});
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  Extend(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  Extend(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,digitalSignature");
  Extend(made.get(), made.get(), NID_subject_key_identifier, "hash");
  Require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "sign an authority");
  return {{Pem(made.get()), Pem(key.get())}};
}

kube::KeyPair Issue(const Authority& authority, const Subject& subject) {
  const auto issuer = ReadCertificate(authority.pair.cert_pem);
  const auto issuer_key = ReadKey(authority.pair.key_pem);
  const auto key = NewKey();
  const auto made = Blank(key.get(), subject);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  Extend(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  Extend(made.get(), issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  Extend(made.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  std::string names;
  for (const std::string& name : subject.alt_names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) Extend(made.get(), issuer.get(), NID_subject_alt_name, names);
  Require(X509_sign(made.get(), issuer_key.get(), EVP_sha256()) > 0, "sign a certificate");
  return {Pem(made.get()), Pem(key.get())};
}

}  // namespace dst_load::test_support
