#include "edge/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "base/check.h"

namespace yap::edge {
namespace {

// The payload of the largest TLS record: what one SSL_write seals.
constexpr std::size_t kRecordBytesMax = std::size_t{16} * 1024;

struct Free {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// What the system said, where it was the system; else the last word of OpenSSL.
std::string LastError() {
  const unsigned long first = ERR_peek_error();
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(first)) return std::system_category().message(ERR_GET_REASON(first));
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

std::unexpected<Error> Bad(std::string message) {
  return Fail(Errc::kInvalidArgument, "BAD_CERTIFICATE", std::move(message));
}

// A socket BIO that never raises SIGPIPE, which OpenSSL's own does.
int BioWrite(BIO* bio, const char* data, int n) {
  BIO_clear_retry_flags(bio);
  const int socket = *static_cast<const int*>(BIO_get_data(bio));
  const ssize_t sent = ::send(socket, data, static_cast<std::size_t>(n), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int BioRead(BIO* bio, char* into, int n) {
  BIO_clear_retry_flags(bio);
  const int socket = *static_cast<const int*>(BIO_get_data(bio));
  const ssize_t got = ::recv(socket, into, static_cast<std::size_t>(n), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* SocketBio() {
  static BIO_METHOD* method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "edge socket");
    YAP_CHECK(made != nullptr);
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

// --- One connection.

class TlsTransport final : public Transport {
 public:
  TlsTransport(SSL_CTX* context, int socket) : socket_(socket), ssl_(SSL_new(context)) {
    YAP_CHECK(ssl_ != nullptr);
    BIO* bio = BIO_new(SocketBio());
    YAP_CHECK(bio != nullptr);
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }

  IoResult Handshake() override {
    ERR_clear_error();
    const int rc = SSL_do_handshake(ssl_.get());
    if (rc == 1) return {IoState::kOk};
    const int reason = ERR_GET_REASON(ERR_peek_error());
    saw_plaintext_ = reason == SSL_R_HTTP_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER;
    return {StateOf(rc)};
  }

  IoResult Read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t n = 0;
    const int rc = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
    if (rc == 1) return {IoState::kOk, n};
    return {StateOf(rc)};
  }

  IoResult Write(std::span<const iovec> ranges) override {
    IoResult result;
    Cursor cursor{ranges};
    while (true) {
      const std::span<const char> record = cursor.Next(scratch());
      if (record.empty()) return result;
      ERR_clear_error();
      std::size_t n = 0;
      const int rc = SSL_write_ex(ssl_.get(), record.data(), record.size(), &n);
      if (rc != 1) {
        result.state = StateOf(rc);
        return result;
      }
      result.bytes += n;
      YAP_CHECK(n == record.size());  // No SSL_MODE_ENABLE_PARTIAL_WRITE: a record or nothing.
    }
  }

  void ShutdownWrite() override {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ::shutdown(socket_, SHUT_WR);
  }

  bool NegotiatedHttp2() const override {
    const unsigned char* name = nullptr;
    unsigned n = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &n);
    return std::string_view(reinterpret_cast<const char*>(name), n) == "h2";
  }

  bool SawPlaintext() const override { return saw_plaintext_; }
  void Describe(Peer& peer) const override;

 private:
  // Walks the ranges a record at a time; long ranges are sealed where they lie.
  struct Cursor {
    std::span<const iovec> ranges;
    std::size_t offset = 0;

    std::span<const char> Next(std::span<char> scratch) {
      if (ranges.empty()) return {};
      const auto here = Rest();
      if (here.size() >= kRecordBytesMax || ranges.size() == 1) {
        return Advance(std::min(here.size(), kRecordBytesMax), here.data());
      }
      std::size_t filled = 0;
      while (!ranges.empty() && filled < scratch.size()) {
        const auto rest = Rest();
        const std::size_t n = std::min(rest.size(), scratch.size() - filled);
        std::memcpy(scratch.data() + filled, rest.data(), n);
        filled += n;
        Advance(n, rest.data());
      }
      return scratch.first(filled);
    }
    std::span<const char> Rest() const {
      const iovec& range = ranges.front();
      return {static_cast<const char*>(range.iov_base) + offset, range.iov_len - offset};
    }
    std::span<const char> Advance(std::size_t n, const char* data) {
      offset += n;
      if (offset == ranges.front().iov_len) {
        ranges = ranges.subspan(1);
        offset = 0;
      }
      return {data, n};
    }
  };

  static std::span<char> scratch() {
    thread_local std::array<char, kRecordBytesMax> buffer;
    return buffer;
  }

  IoState StateOf(int rc) const {
    switch (SSL_get_error(ssl_.get(), rc)) {
      case SSL_ERROR_WANT_READ:
        return IoState::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return IoState::kWantWrite;
      default:
        return IoState::kEnd;
    }
  }

  int socket_;  // Its address is the BIO's.
  Owned<SSL> ssl_;
  bool saw_plaintext_ = false;
};

void TlsTransport::Describe(Peer& peer) const {
  peer.tls = true;
  const Owned<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
  if (!certificate) return;
  std::array<char, 512> text{};
  X509_NAME_oneline(X509_get_subject_name(certificate.get()), text.data(), text.size());
  peer.certificate_subject = text.data();
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_URI) continue;
    const ASN1_IA5STRING* value = name->d.ia5;
    peer.certificate_names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                        static_cast<std::size_t>(ASN1_STRING_length(value)));
  }
}

// --- A listener.

// Clients that speak no h2 are told so in the handshake.
int SelectAlpn(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
               unsigned in_bytes, void*) {
  static constexpr std::array<unsigned char, 3> kH2 = {2, 'h', '2'};
  unsigned char* selected = nullptr;
  const int rc = SSL_select_next_proto(&selected, out_bytes, kH2.data(), kH2.size(), in, in_bytes);
  *out = selected;
  return rc == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

class Context final : public TlsContext {
 public:
  explicit Context(Owned<SSL_CTX> context) : context_(std::move(context)) {}
  std::unique_ptr<Transport> NewTransport(int socket) const override {
    return std::make_unique<TlsTransport>(context_.get(), socket);
  }

 private:
  Owned<SSL_CTX> context_;
};

Result<> UseClientCa(SSL_CTX* context, const std::string& file) {
  if (file.empty()) return {};
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return Bad(fmt::format("cannot use {} as client CA: {}; it must be a readable PEM file", file,
                           LastError()));
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

std::string TextOf(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a time that cannot be read";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min);
}

// Every peer that verifies would turn away from it, with less to tell about why.
Result<> CheckValidity(const SSL_CTX* context, const std::string& file) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  const ASN1_TIME* from = X509_get0_notBefore(certificate);
  const ASN1_TIME* until = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(until) < 0) {
    return Bad(fmt::format("the certificate in {} expired on {}; put a renewed one in its place",
                           file, TextOf(until)));
  }
  if (X509_cmp_current_time(from) > 0) {
    return Bad(fmt::format("the certificate in {} is not valid before {}; is the clock right?",
                           file, TextOf(from)));
  }
  return {};
}

Result<> UseCertificate(SSL_CTX* context, const TlsOptions& options) {
  const char* certificate = options.certificate_file.c_str();
  const char* key = options.key_file.c_str();
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
    return Bad(
        fmt::format("cannot use {} as certificate: {}; it must be a readable PEM file, the "
                    "server's own certificate first",
                    certificate, LastError()));
  }
  YAP_TRY_VOID(CheckValidity(context, options.certificate_file));
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1) {
    return {};
  }
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) == ERR_LIB_X509) {
    ERR_clear_error();
    return Bad(
        fmt::format("the key in {} does not belong to the certificate in {}", key, certificate));
  }
  return Bad(
      fmt::format("cannot use {} as private key: {}; it must be a readable PEM file without "
                  "a passphrase",
                  key, LastError()));
}

}  // namespace

Result<> CheckCaFile(const std::string& file) {
  ERR_clear_error();
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  YAP_CHECK(context != nullptr);
  if (SSL_CTX_load_verify_file(context.get(), file.c_str()) == 1) return {};
  return Bad(
      fmt::format("cannot use {} as CA: {}; it must be a readable PEM file", file, LastError()));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const TlsOptions& options) {
  ERR_clear_error();
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  YAP_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // Tickets are enough.
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("edge"), 4);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectAlpn, nullptr);
  YAP_TRY_VOID(UseCertificate(context.get(), options));
  YAP_TRY_VOID(UseClientCa(context.get(), options.client_ca_file));
  return std::make_shared<Context>(std::move(context));
}

}  // namespace yap::edge
