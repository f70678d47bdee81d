// edge/test_certificates.h: throw-away certificates in a temporary directory.
#pragma once

#include <string>

#include "base/temp_dir_testing.h"

namespace yap::edge {

// A CA, a server certificate for "localhost" and a client certificate for "client.test", both also
// for 127.0.0.1, all signed by the CA, and two like the server's whose time is over or to come. The
// files are removed with the object.
class TestCertificates {
 public:
  TestCertificates();

  std::string File(const std::string& name) const { return directory_.path() / name; }
  // "ca.pem", "server.pem", "server.key", "client.…", "expired.…", "future.…".
  std::string Read(const std::string& name) const;
  void Write(const std::string& name, const std::string& text) const;

 private:
  const TempDir directory_;
};

}  // namespace yap::edge
