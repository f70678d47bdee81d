// history: a page of the past.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/registry.h"

namespace yap::app {
namespace {

struct HistoryFlags {
  std::string channel;
  int count = 50;
  std::uint64_t before = 0;
};

constexpr int kPageMax = 200;

// The `count` events before `flags.before` (0: the newest), oldest first, page by page backwards.
Task<std::deque<v1::Event>> Load(Cli& cli, v1::ChannelRef channel, HistoryFlags flags) {
  std::deque<v1::Event> out;
  v1::ListEventsRequest request;
  *request.mutable_channel() = std::move(channel);
  if (flags.before > 0) request.set_before_seq(flags.before);
  while (static_cast<int>(out.size()) < flags.count) {
    request.set_page_size(std::min(kPageMax, flags.count - static_cast<int>(out.size())));
    YAP_CO_TRY(const auto page, co_await cli.Call(client::kListEvents, request));
    out.insert(out.begin(), page.events().begin(), page.events().end());
    if (!page.has_older() || page.events().empty()) break;
    request.set_before_seq(page.events(0).seq());
  }
  co_return out;
}

Task<int> History(Cli& cli, HistoryFlags flags) {
  YAP_CO_TRY(auto channel, co_await ResolveChannel(cli, flags.channel));
  const auto events = co_await Load(cli, std::move(channel), flags);
  if (!events) co_return Fail(co_await WithNearest(cli, events.error(), flags.channel));
  const TextStyle style{.color = cli.color(), .name_colors = cli.config().name_colors};
  for (const auto& event : *events) {
    cli.Data(cli.globals().json ? JsonLine(EventJson(event, flags.channel))
                                : EventText(event, flags.channel, style));
  }
  co_return kExitOk;
}

}  // namespace

void AddHistoryCommand(Registry& registry) {
  auto flags = std::make_shared<HistoryFlags>();
  auto& command = registry.Add(
      "history", "Print the past of a channel",
      {"yap history deck", "yap history deck -n 500 --json", "yap history deck --before 1200"});
  command.add_option("CHANNEL", flags->channel, "A channel, or @user")->required()->type_name("");
  command.add_option("-n", flags->count, "How many events (default 50)")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--before", flags->before, "Only events before this seq")
      ->type_name("SEQ")
      ->check(WholeNumber())
      ->check([](const std::string& text) {
        const bool zero = text.find_first_not_of('0') == std::string::npos;
        return zero ? std::string("seq begins with 1: nothing is before 0") : std::string();
      });
  registry.On(command, [flags](Cli& cli) { return History(cli, *flags); });
}

}  // namespace yap::app
