// app/yapd/admin_socket.h: how `yapd admin` reaches a running server: a Unix socket in the data
// directory, for the same user (and root) alone. One request as a line of JSON, one answer as a
// line.
#pragma once

#include <asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/yapd/admin_commands.h"
#include "base/clock.h"
#include "base/result.h"

namespace yap::app {

// The reason of Unavailable where a socket is, but a server that was killed has left it.
inline constexpr std::string_view kAdminSocketLeft = "ADMIN_SOCKET_LEFT";

// Bytes of one request or answer: a page of accounts fits.
inline constexpr std::size_t kAdminLineBytesMax = std::size_t{1024} * 1024;
// How long one command may take, hashing included.
inline constexpr auto kAdminCommandTime = std::chrono::seconds(20);

class AdminSocket {
 public:
  // Removes the socket. Any thread. The executor stops listening; a command that is under way still
  // asks the handler.
  virtual ~AdminSocket() = default;
};

using AdminHandler = std::function<Task<nlohmann::json>(AdminRequest, Deadline)>;

// Serves on `executor`, one request at a time. Replaces a socket that a killed server left behind
// (the caller holds the store's lock, so nobody else serves it). Errors: Unavailable.
Result<std::unique_ptr<AdminSocket>> OpenAdminSocket(const std::filesystem::path& path,
                                                     asio::any_io_executor executor, Clock& clock,
                                                     AdminHandler handler);

// Asks the server that listens on `path`; blocks. Errors: Unavailable (nobody does:
// kAdminSocketLeft where that is certain), the server's own.
Result<nlohmann::json> AskAdminSocket(const std::filesystem::path& path,
                                      const AdminRequest& request);

}  // namespace yap::app
