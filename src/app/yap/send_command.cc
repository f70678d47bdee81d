// send: exit 0 means stored. Nothing is left behind: where the outcome is unknown, the key to
// repeat with is printed.
#include <fmt/format.h>

#include <istream>
#include <iterator>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "base/encoding.h"
#include "unicode/text_rules.h"

namespace yap::app {
namespace {

struct SendFlags {
  std::string channel;
  std::vector<std::string> words;
  std::string key_hex;
};

// The words of the line, or all of stdin without its last newline, also that of Windows.
Result<std::string> TextOf(Cli& cli, const SendFlags& flags) {
  const bool from_stdin = flags.words.empty() || flags.words == std::vector<std::string>{"-"};
  if (!from_stdin) return unicode::CheckText(fmt::format("{}", fmt::join(flags.words, " ")));
  if (flags.words.empty() && cli.env().in_is_terminal) {
    return Fail(Errc::kInvalidArgument, "TEXT_EMPTY",
                "the text is missing: `yap send CHANNEL TEXT`, or `yap send CHANNEL -` for stdin");
  }
  std::string text;
  // A byte over what can be sent is enough to say that it is too much.
  constexpr std::size_t kReadMax = 1024 * 1024;
  char c = 0;
  while (text.size() < kReadMax && cli.env().in.get(c)) text += c;
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return unicode::CheckText(text);
}

Result<std::string> KeyOf(Cli& cli, const std::string& hex) {
  if (hex.empty()) return cli.NewKey();
  const auto key = FromHex(hex);
  if (key && key->size() == 16) return *key;
  return Fail(Errc::kInvalidArgument, "KEY_INVALID",
              "--key takes 32 hexadecimal digits, as `yap send` printed them");
}

int ExplainUnknown(Cli& cli, const Error& error, const SendFlags& flags, const std::string& key) {
  cli.Explain(error);
  cli.env().err << fmt::format(
      "yap: the message may or may not be stored. Repeat with the same text and `yap send {} … "
      "--key {}`: it is then stored once.\n",
      flags.channel, ToHex(key));
  return kExitUnknown;
}

Task<int> Send(Cli& cli, SendFlags flags) {
  v1::SendMessageRequest request;
  YAP_CO_TRY(*request.mutable_text(), TextOf(cli, flags));
  YAP_CO_TRY(const std::string key, KeyOf(cli, flags.key_hex));
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, flags.channel));
  request.set_client_msg_id(key);
  // A given key may be a repeat, which is looked for before any rule is applied.
  request.set_attempt(flags.key_hex.empty() ? 1 : 2);
  YAP_CO_TRY(auto* session, cli.session());
  const auto answer = co_await client::SendUntil(*session, std::move(request), cli.deadline());
  if (!answer && client::OutcomeUnknown(answer.error())) {
    co_return ExplainUnknown(cli, answer.error(), flags, key);
  }
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), flags.channel));
  if (cli.globals().json) {
    cli.Data(JsonLine({{"channel", flags.channel},
                       {"channel_id", std::to_string(answer->channel_id())},
                       {"epoch", std::to_string(answer->epoch())},
                       {"seq", answer->seq()},
                       {"time", Rfc3339(answer->create_time())},
                       {"key", ToHex(key)}}));
  }
  co_return kExitOk;
}

}  // namespace

void AddSendCommand(Registry& registry) {
  auto flags = std::make_shared<SendFlags>();
  auto& command = registry.Add(
      "send", "Send a message; exit 0 means it is stored",
      {"yap send deck 'All hands'", "make 2>&1 | yap send builds -", "yap send @bob 'Lunch?'",
       "yap send deck 'once only' --key $(openssl rand -hex 16)"});
  command.add_option("CHANNEL", flags->channel, "A channel, or @user")->required()->type_name("");
  command.add_option("TEXT", flags->words, "The text; - or nothing: from stdin")->type_name("");
  command
      .add_option("--key", flags->key_hex,
                  "Repeat a message whose outcome was unknown: the key that was printed")
      ->type_name("KEY");
  registry.On(command, [flags](Cli& cli) { return Send(cli, *flags); });
}

}  // namespace yap::app
