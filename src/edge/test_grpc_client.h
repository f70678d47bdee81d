// edge/test_grpc_client.h: the stock gRPC client, as a foreign implementation to test against.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yap::edge {

struct TestReply {
  int code = -1;
  std::string message;
  std::string details;
  std::vector<std::string> messages;
  std::multimap<std::string, std::string> initial_metadata;
  std::multimap<std::string, std::string> trailers;
};

struct TestTls {
  std::string root_pem;
  std::string key_pem;
  std::string certificate_pem;
  std::string server_name = "localhost";
};

// Blocking; thread-safe.
class GrpcClient {
 public:
  // Each client has its own connection. Without `tls`: h2c.
  explicit GrpcClient(const std::string& target, const TestTls* tls = nullptr);
  ~GrpcClient();

  // Any kind of call: writes `requests`, half-closes, reads everything.
  TestReply Call(const std::string& path, const std::vector<std::string>& requests,
                 const std::vector<std::pair<std::string, std::string>>& metadata = {},
                 std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  // Bidi in lock step: one request, one answer, and so on.
  TestReply Converse(const std::string& path, const std::vector<std::string>& requests);
  // Starts a call, reads its first message, then cancels.
  TestReply ReadOneAndCancel(const std::string& path, const std::string& request);
  // `n` unary calls with at most `in_flight` at once; how many came back right.
  int Flood(const std::string& path, int n, int in_flight);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yap::edge
