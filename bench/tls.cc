#include "bench/tls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"

namespace yap::bench {
namespace {

// A record is read whole or not at all, so that none of it waits where epoll does not see it.
constexpr std::size_t kRecordBytesMax = std::size_t{16} * 1024;
constexpr std::array<unsigned char, 3> kAlpn = {2, 'h', '2'};

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void TlsClient::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ssize_t TlsStream::Read(char* into, std::size_t bytes_max) {
  YAP_CHECK(bytes_max >= kRecordBytesMax);
  std::size_t done = 0;
  int n = 1;
  while (bytes_max - done >= kRecordBytesMax) {
    ERR_clear_error();
    n = SSL_read(ssl_.get(), into + done, static_cast<int>(bytes_max - done));
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return Outcome(n, done);
}

ssize_t TlsStream::Write(const char* bytes, std::size_t count) {
  ERR_clear_error();
  const int n = SSL_write(ssl_.get(), bytes, static_cast<int>(std::min(count, kRecordBytesMax)));
  return Outcome(n, n > 0 ? static_cast<std::size_t>(n) : 0);
}

ssize_t TlsStream::Outcome(int result, std::size_t done) const {
  if (done > 0) return static_cast<ssize_t>(done);
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      if (errno == 0) errno = ECONNRESET;
      return -1;
    default:
      errno = EPROTO;
      return -1;
  }
}

Result<TlsClient> TlsClient::New(const std::string& ca_file) {
  TlsClient client(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = client.context_.get();
  YAP_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  YAP_CHECK(SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) == 0);
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return Fail(Errc::kInvalidArgument, "USAGE", fmt::format("no certificates in '{}'", ca_file));
  }
  return client;
}

std::unique_ptr<TlsStream> TlsClient::NewStream(int fd) const {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  SSL* const ssl = SSL_new(context_.get());
  YAP_CHECK(ssl != nullptr && SSL_set_fd(ssl, fd) == 1);
  SSL_set_connect_state(ssl);
  return std::unique_ptr<TlsStream>(new TlsStream(ssl));
}

}  // namespace yap::bench
