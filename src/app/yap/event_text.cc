#include "app/yap/event_text.h"

#include <fmt/format.h>

#include <ctime>

#include "base/encoding.h"
#include "client/chat_event.h"
#include "client/name_color.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

using nlohmann::ordered_json;
using unicode::Visible;

constexpr std::string_view kIndent = "    ";

std::string RoleName(v1::Role role) {
  switch (role) {
    case v1::ROLE_OWNER:
      return "owner";
    case v1::ROLE_MODERATOR:
      return "moderator";
    default:
      return "member";
  }
}

std::string_view TypeOf(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kMessagePosted:
      return "message";
    case v1::Event::kMemberJoined:
      return "joined";
    case v1::Event::kMemberLeft:
      return "left";
    case v1::Event::kMemberRemoved:
      return "removed";
    case v1::Event::kMemberRoleChanged:
      return "role_changed";
    case v1::Event::kChannelCreated:
      return "channel_created";
    case v1::Event::kChannelChanged:
      return "channel_changed";
    default:
      return "unknown";
  }
}

void AddBody(const v1::Event& event, ordered_json& out) {
  if (const auto subject = client::SubjectOf(event); !subject.empty()) out["subject"] = subject;
  if (event.has_message_posted()) {
    const auto& message = event.message_posted();
    if (message.content_case() == v1::MessagePosted::kText) out["text"] = message.text();
    if (message.has_reply_to_seq()) out["reply_to"] = message.reply_to_seq();
  }
  if (event.has_member_joined()) out["role"] = RoleName(event.member_joined().role());
  if (event.has_member_role_changed()) out["role"] = RoleName(event.member_role_changed().role());
  if (event.has_member_removed()) out["banned"] = event.member_removed().banned();
  if (event.has_channel_created()) out["topic"] = event.channel_created().topic();
  if (event.has_channel_changed() && event.channel_changed().has_topic()) {
    out["topic"] = event.channel_changed().topic();
  }
  if (event.has_channel_changed() && event.channel_changed().has_visibility()) {
    const bool open = event.channel_changed().visibility() == v1::VISIBILITY_PUBLIC;
    out["visibility"] = open ? "public" : "private";
  }
}

std::string Message(const v1::MessagePosted& message) {
  if (message.content_case() != v1::MessagePosted::kText) return "(encrypted)";
  return Indented(message.text());
}

}  // namespace

std::string Rfc3339(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:06}Z", text, time.nanos() / 1000);
}

std::string LocalTime(const google::protobuf::Timestamp& time) { return LocalTime(time.seconds()); }

std::string LocalTime(std::time_t seconds) {
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string Indented(std::string_view text) {
  const std::string visible = Visible(text, {.keep_newline = true, .keep_tab = true});
  std::string out;
  for (const char c : visible) {
    out += c;
    if (c == '\n') out += kIndent;
  }
  return out;
}

std::string JsonLine(const ordered_json& value) {
  return value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

ordered_json EventJson(const v1::Event& event, std::string_view channel) {
  ordered_json out = {{"channel", channel},
                      {"channel_id", std::to_string(event.channel_id())},
                      {"epoch", std::to_string(event.epoch())},
                      {"seq", event.seq()},
                      {"time", Rfc3339(event.time())},
                      {"type", TypeOf(event)}};
  if (event.has_actor()) {
    out["user"] = event.actor().username();
    out["user_id"] = std::to_string(event.actor().user_id());
  }
  if (!event.client_msg_id().empty()) out["key"] = ToHex(event.client_msg_id());
  AddBody(event, out);
  return out;
}

std::string EventText(const v1::Event& event, std::string_view channel, const TextStyle& style) {
  std::string name = client::AuthorOf(event);
  name = style.color ? client::Colored(Visible(name), style.name_colors) : Visible(name);
  const std::string place = style.with_channel ? fmt::format("{} ", Visible(channel)) : "";
  const std::string begin = fmt::format("{} {}", LocalTime(event.time()), place);
  if (event.has_message_posted()) {
    return fmt::format("{}{}: {}", begin, name, Message(event.message_posted()));
  }
  const std::string news = Visible(client::NewsOf(event));
  return fmt::format("{}-- {} {}", begin, name, news.empty() ? "(news of a newer server)" : news);
}

}  // namespace yap::app
