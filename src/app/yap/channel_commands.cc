// channels, create, join, leave, topic.
#include <fmt/format.h>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

using unicode::Visible;

nlohmann::ordered_json ChannelJson(const v1::Channel& channel) {
  return {{"channel", channel.name()},
          {"channel_id", std::to_string(channel.id())},
          {"topic", channel.topic()},
          {"private", channel.kind() != v1::CHANNEL_KIND_PUBLIC},
          {"members", channel.member_count()},
          {"head", channel.head()},
          {"epoch", std::to_string(channel.epoch())}};
}

void ShowJoined(Cli& cli, const v1::JoinedChannel& joined) {
  if (cli.globals().json) {
    auto line = ChannelJson(joined.channel());
    line["unread"] = joined.unread();
    line["read_seq"] = joined.read_seq();
    if (joined.has_peer()) line["peer"] = joined.peer().username();
    cli.Data(JsonLine(line));
    return;
  }
  const std::string unread = joined.unread() > 0 ? fmt::format("{} new", joined.unread()) : "";
  cli.Data(fmt::format("{:<24} {:>8}  {}", Visible(TitleOf(joined)), unread,
                       Visible(joined.channel().topic())));
}

void ShowPublic(Cli& cli, const v1::Channel& channel) {
  if (cli.globals().json) {
    cli.Data(JsonLine(ChannelJson(channel)));
    return;
  }
  cli.Data(fmt::format("{:<24} {:>8}  {}", Visible("#" + channel.name()),
                       fmt::format("{} in", channel.member_count()), Visible(channel.topic())));
}

Task<int> ListJoined(Cli& cli) {
  v1::ListJoinedChannelsRequest request;
  request.set_page_size(200);
  do {
    YAP_CO_TRY(const auto page, co_await cli.Call(client::kListJoinedChannels, request));
    for (const auto& joined : page.channels()) ShowJoined(cli, joined);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  co_return kExitOk;
}

Task<int> ListAll(Cli& cli) {
  v1::ListChannelsRequest request;
  request.set_page_size(200);
  do {
    YAP_CO_TRY(const auto page, co_await cli.Call(client::kListChannels, request));
    for (const auto& channel : page.channels()) ShowPublic(cli, channel);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  co_return kExitOk;
}

struct CreateFlags {
  std::string name;
  std::string topic;
  bool closed = false;
};

Task<int> Create(Cli& cli, CreateFlags flags) {
  v1::CreateChannelRequest request;
  request.set_name(flags.name.starts_with('#') ? flags.name.substr(1) : flags.name);
  YAP_CO_TRY_VOID(unicode::CheckChannelName(request.name()));
  request.set_visibility(flags.closed ? v1::VISIBILITY_PRIVATE : v1::VISIBILITY_PUBLIC);
  request.set_topic(flags.topic);
  request.set_request_id(cli.NewKey());
  const std::string name = request.name();
  auto answer = co_await cli.Call(client::kCreateChannel, std::move(request));
  if (!answer && answer.error().reason == "NAME_TAKEN") {
    answer.error().message = fmt::format(
        "the name {} is taken: `yap join {}` if you look for that channel, or choose another name",
        name, name);
  }
  if (!answer) co_return Fail(std::move(answer).error());
  if (cli.globals().json) cli.Data(JsonLine(ChannelJson(answer->joined().channel())));
  cli.Say(fmt::format("created {}; talk: `yap chat {}`", TitleOf(answer->joined()), name));
  co_return kExitOk;
}

Task<int> Join(Cli& cli, std::string name) {
  v1::JoinChannelRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, name));
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kJoinChannel, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), name));
  if (cli.globals().json) cli.Data(JsonLine(ChannelJson(answer->joined().channel())));
  cli.Say(fmt::format("you are in {}", TitleOf(answer->joined())));
  co_return kExitOk;
}

Task<int> Leave(Cli& cli, std::string name) {
  v1::LeaveChannelRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, name));
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kLeaveChannel, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), name));
  cli.Say(fmt::format("you have left {}", name));
  co_return kExitOk;
}

struct TopicFlags {
  std::string name;
  std::string topic;
  bool given = false;
};

Task<int> Topic(Cli& cli, TopicFlags flags) {
  if (!flags.given) {
    YAP_CO_TRY(const auto channel, co_await GetChannel(cli, flags.name));
    cli.Data(cli.globals().json ? JsonLine(ChannelJson(channel)) : Visible(channel.topic()));
    co_return kExitOk;
  }
  v1::UpdateChannelRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, flags.name));
  request.set_topic(flags.topic);
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kUpdateChannel, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), flags.name));
  cli.Say(flags.topic.empty() ? "the topic is removed" : "the topic is set");
  co_return kExitOk;
}

void AddNamed(Registry& registry, const std::string& command_name, const std::string& summary,
              const std::vector<std::string>& examples, Task<int> (*run)(Cli&, std::string)) {
  auto name = std::make_shared<std::string>();
  auto& command = registry.Add(command_name, summary, examples);
  command.add_option("CHANNEL", *name, "The channel's name")->required()->type_name("");
  registry.On(command, [name, run](Cli& cli) { return run(cli, *name); });
}

void AddCreate(Registry& registry) {
  auto flags = std::make_shared<CreateFlags>();
  auto& command =
      registry.Add("create", "Create a channel",
                   {"yap create deck", "yap create plans --private --topic 'What comes next'"});
  command.add_option("CHANNEL", flags->name, "Its name: a-z, 0-9, _ and -")
      ->required()
      ->type_name("");
  command.add_option("--topic", flags->topic, "One line about it")->type_name("TEXT");
  command.add_flag("--private", flags->closed, "Only who is invited can see and join it");
  registry.On(command, [flags](Cli& cli) { return Create(cli, *flags); });
}

void AddTopic(Registry& registry) {
  auto flags = std::make_shared<TopicFlags>();
  auto& command =
      registry.Add("topic", "Show or set a channel's topic",
                   {"yap topic deck", "yap topic deck 'All hands'", "yap topic deck ''"});
  command.add_option("CHANNEL", flags->name, "The channel's name")->required()->type_name("");
  auto* topic = command.add_option("TOPIC", flags->topic, "One line; '' removes it")->type_name("");
  registry.On(command, [flags, topic](Cli& cli) {
    flags->given = topic->count() > 0;
    return Topic(cli, *flags);
  });
}

}  // namespace

void AddChannelCommands(Registry& registry) {
  auto all = std::make_shared<bool>(false);
  auto& channels = registry.Add("channels", "List your channels, with what is unread",
                                {"yap channels", "yap channels --all", "yap channels --json"});
  channels.add_flag("--all", *all, "List all public channels instead");
  registry.On(channels, [all](Cli& cli) { return *all ? ListAll(cli) : ListJoined(cli); });
  AddCreate(registry);
  AddNamed(registry, "join", "Join a public channel", {"yap join deck"}, Join);
  AddNamed(registry, "leave", "Leave a channel", {"yap leave deck"}, Leave);
  AddTopic(registry);
}

}  // namespace yap::app
