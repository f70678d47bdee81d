// sessions list, sessions revoke.
#include <fmt/format.h>

#include <charconv>

#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

void Show(Cli& cli, const v1::Session& session) {
  if (cli.globals().json) {
    cli.Data(JsonLine({{"id", std::to_string(session.id())},
                       {"device", session.device_name()},
                       {"address", session.address()},
                       {"created", Rfc3339(session.create_time())},
                       {"last_used", Rfc3339(session.last_used_time())},
                       {"current", session.current()}}));
    return;
  }
  cli.Data(fmt::format("{:<20} {} {:<24} {}{}", session.id(), LocalTime(session.last_used_time()),
                       unicode::Visible(session.device_name()), unicode::Visible(session.address()),
                       session.current() ? " (this one)" : ""));
}

Task<int> List(Cli& cli) {
  YAP_CO_TRY(const auto answer, co_await cli.Call(client::kListSessions, {}));
  for (const auto& session : answer.sessions()) Show(cli, session);
  co_return kExitOk;
}

Task<int> Revoke(Cli& cli, std::string id) {
  v1::RevokeSessionRequest request;
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (failed != std::errc() || end != id.data() + id.size()) {
    co_return Fail(
        Errc::kInvalidArgument, "SESSION_ID_INVALID",
        fmt::format("\"{}\" is no session; `yap sessions list` shows their numbers", id));
  }
  request.set_session_id(number);
  YAP_CO_TRY_VOID(co_await cli.Call(client::kRevokeSession, std::move(request)));
  cli.Say(fmt::format("session {} has ended", id));
  co_return kExitOk;
}

}  // namespace

void AddSessionCommands(Registry& registry) {
  auto& sessions = registry.Add("sessions", "Where you are logged in",
                                {"yap sessions list", "yap sessions revoke 5210987654321"});
  sessions.require_subcommand(0, 1);
  registry.On(sessions, List);
  registry.On(registry.Add("list", "List your sessions, the last used first",
                           {"yap sessions list", "yap sessions list --json"}, &sessions),
              List);
  auto id = std::make_shared<std::string>();
  auto& revoke = registry.Add("revoke", "End one of your sessions",
                              {"yap sessions revoke 5210987654321"}, &sessions);
  revoke.add_option("ID", *id, "From `yap sessions list`")->required()->type_name("");
  registry.On(revoke, [id](Cli& cli) { return Revoke(cli, *id); });
}

}  // namespace yap::app
