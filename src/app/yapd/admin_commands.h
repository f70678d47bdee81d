// app/yapd/admin_commands.h: what `yapd admin` can do, the same whether it runs inside the server
// (through the admin socket) or beside a stopped one (on the opened store).
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "core/accounts.h"
#include "core/channels.h"

namespace yap::app {

// One command: its words ("user", "add"), its arguments, and a secret that came from a prompt or
// file.
struct AdminRequest {
  std::vector<std::string> command;
  std::vector<std::string> arguments;
  std::vector<std::string> flags;  // Names without dashes, with "=value" where they have one.
  Secret password;
};

struct AdminPorts {
  core::Accounts& accounts;
  core::Channels& channels;
  core::ChannelStore& channel_store;
  core::UserStore& user_store;
};

struct AdminCommand {
  std::string_view words;      // "user add"
  std::string_view arguments;  // "NAME", as help shows it; each word is one required argument.
  std::string_view help;
  bool needs_password = false;
  std::vector<std::string_view> flags;  // Allowed, each as help shows it: "admin", "uses=N".
};
std::span<const AdminCommand> AdminCommands();

// Carries it out; what a caller shows is the returned JSON. Errors: InvalidArgument (usage) and
// those of the rooms it calls.
Task<nlohmann::json> RunAdmin(AdminPorts ports, AdminRequest request, Deadline deadline);

// The same as lines for people.
std::string AdminText(const nlohmann::json& answer);

}  // namespace yap::app
