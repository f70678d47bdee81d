#include "edge/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "base/check.h"

namespace yap::edge {
namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

struct Identity {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

void AddExtension(X509* certificate, int nid, const char* value) {
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  YAP_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// In seconds from now.
struct Validity {
  long from = -3600;
  long until = 3600;
};

// Signed by `issuer`, or by itself as a CA.
Identity Make(const char* name, const Identity* issuer, Validity validity = {}) {
  Identity made{Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")),
                Owned<X509>(X509_new())};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), std::rand());
  X509_gmtime_adj(X509_getm_notBefore(certificate), validity.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), validity.until);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  const X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (issuer == nullptr) {
    AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    const std::string names = std::string("DNS:") + name + ",IP:127.0.0.1";
    AddExtension(certificate, NID_subject_alt_name, names.c_str());
  }
  EVP_PKEY* key = issuer != nullptr ? issuer->key.get() : made.key.get();
  YAP_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  return made;
}

void Save(const Identity& identity, const std::string& stem) {
  const Owned<std::FILE> certificate(std::fopen((stem + ".pem").c_str(), "w"));
  const Owned<std::FILE> key(std::fopen((stem + ".key").c_str(), "w"));
  YAP_CHECK(certificate && key);
  YAP_CHECK(PEM_write_X509(certificate.get(), identity.certificate.get()) == 1);
  YAP_CHECK(PEM_write_PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
}

}  // namespace

TestCertificates::TestCertificates() {
  const Identity ca = Make("Test CA", nullptr);
  Save(ca, File("ca"));
  Save(Make("localhost", &ca), File("server"));
  Save(Make("client.test", &ca), File("client"));
  Save(Make("localhost", &ca, {.from = -7200, .until = -3600}), File("expired"));
  Save(Make("localhost", &ca, {.from = 3600, .until = 7200}), File("future"));
}

std::string TestCertificates::Read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(File(name)).rdbuf();
  return text.str();
}

void TestCertificates::Write(const std::string& name, const std::string& text) const {
  std::ofstream(File(name)) << text;
}

}  // namespace yap::edge
