// app/yapd/admin_http.h: GET for machines: metrics and health, over plain HTTP/1.1 on the admin
// port. Answers one request per connection. Not for people, not for the internet.
#pragma once

#include <asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/yapd/config.h"
#include "base/clock.h"
#include "base/result.h"

namespace yap::app {

struct HttpAnswer {
  int code = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};
// The answer to GET `path`; called on the responder's thread.
using HttpHandler = std::function<HttpAnswer(std::string_view path)>;

// Connections at once; more wait in the kernel's queue. A scraper and a few probes need far fewer.
inline constexpr int kAdminConnectionsMax = 16;
// Bytes of one request head, and how long it may take.
inline constexpr std::size_t kAdminRequestBytesMax = std::size_t{8} * 1024;
inline constexpr auto kAdminRequestTime = std::chrono::seconds(5);

class AdminHttp {
 public:
  // Any thread. The executor stops listening; an answer that is under way still asks the handler.
  virtual ~AdminHttp() = default;
  virtual std::uint16_t port() const = 0;
};

// Starts to serve on `executor`. Errors: InvalidArgument (the address), Unavailable (port in use).
Result<std::unique_ptr<AdminHttp>> OpenAdminHttp(const HostPort& at, asio::any_io_executor executor,
                                                 Clock& clock, HttpHandler handler);

// The whole response to a request head ("GET /metrics HTTP/1.1\r\n…"): what the socket code sends.
std::string RespondHttp(std::string_view head, const HttpHandler& handler);

}  // namespace yap::app
