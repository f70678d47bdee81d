// A request head on the admin port: any bytes get one well-formed answer, and none of them is in
// it but through the handler.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/yapd/admin_http.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  bool asked = false;
  const std::string answer = yap::app::RespondHttp(head, [&](std::string_view path) {
    asked = true;
    YAP_CHECK(path.find_first_of(" ?\r\n") == std::string_view::npos, "more than a path");
    return yap::app::HttpAnswer{.code = 200, .type = "text/plain", .body = "here"};
  });
  YAP_CHECK(answer.starts_with(asked ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 40"));
  const auto end = answer.find("\r\n\r\n");
  YAP_CHECK(end != std::string::npos);
  YAP_CHECK(!asked || answer.substr(end + 4) == (head.starts_with("GET") ? "here" : ""));
  return 0;
}
