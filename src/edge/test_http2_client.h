// edge/test_http2_client.h: an HTTP/2 client for tests without a socket, over nghttp2's client
// side, and frames made by hand for what no library would send.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yap::edge {

using TestHeaders = std::vector<std::pair<std::string, std::string>>;

// --- Bytes on the wire.
inline constexpr std::string_view kTestPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
std::string RawFrame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream_id,
                     std::string_view payload);
// A header block without compression or indexing.
std::string RawHeaderBlock(const TestHeaders& headers);
// What a gRPC client sends first for `path`.
TestHeaders GrpcHeaders(const std::string& path);
// HEADERS with END_HEADERS, and END_STREAM where asked.
std::string RawRequest(std::uint32_t stream_id, const TestHeaders& headers, bool end_stream);
// Splits [prefix + message]*; nullopt where it is not that, to the last byte.
std::optional<std::vector<std::string>> SplitMessages(std::string_view bytes);

struct TestStream {
  TestHeaders headers;
  TestHeaders trailers;
  std::string data;
  bool closed = false;
  std::uint32_t error_code = 0;
  // The value in trailers, or in headers for an answer without messages.
  std::string Get(std::string_view name) const;
};

struct TestGoAway {
  std::uint32_t error_code = 0;
  std::int32_t last_stream_id = 0;
  std::string reason;
};

class Http2Client {
 public:
  struct Options {
    std::uint32_t window = 65535;  // SETTINGS_INITIAL_WINDOW_SIZE
    bool auto_window = true;       // Otherwise windows open by Grant only.
    bool answer_pings = true;
  };
  Http2Client() : Http2Client(Options()) {}
  explicit Http2Client(Options options);
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // The whole request at once; `body` is framed already.
  std::int32_t Request(const TestHeaders& headers, std::string body);
  // Headers only, more to come: see RawFrame for the rest.
  std::int32_t Open(const TestHeaders& headers);
  void Reset(std::int32_t id, std::uint32_t error_code);
  // Opens the stream's and the connection's window by `n`.
  void Grant(std::int32_t id, std::int32_t n);

  std::string Output();
  // False when the server broke the protocol.
  bool Input(std::string_view bytes);

  TestStream& stream(std::int32_t id) { return streams_[id]; }
  const std::vector<TestGoAway>& goaways() const { return goaways_; }
  int pings() const { return pings_; }

 private:
  struct Callbacks;

  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, TestStream> streams_;
  std::vector<std::unique_ptr<std::string>> bodies_;  // Stable addresses.
  std::vector<TestGoAway> goaways_;
  int pings_ = 0;
};

}  // namespace yap::edge
