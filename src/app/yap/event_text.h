// app/yap/event_text.h: events as lines, for people and for programs.
#pragma once

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "client/config.h"
#include "google/protobuf/timestamp.pb.h"
#include "yap/v1/event.pb.h"

namespace yap::app {

// "2026-11-23T07:50:12.123456Z".
std::string Rfc3339(const google::protobuf::Timestamp& time);
// "2026-11-23 07:50:12" in the machine's time zone.
std::string LocalTime(const google::protobuf::Timestamp& time);
std::string LocalTime(std::time_t seconds);

// One line of JSON in ASCII: what is not is escaped, so that nothing in it steers a terminal.
std::string JsonLine(const nlohmann::ordered_json& value);

// {"channel", "channel_id", "epoch", "seq", "time", "type", "user", …}; ids are text, because
// JavaScript rounds large numbers. Kinds of a newer server have type "unknown".
nlohmann::ordered_json EventJson(const v1::Event& event, std::string_view channel);

struct TextStyle {
  bool color = false;
  client::NameColors name_colors = client::NameColors::kXep0392;
  bool with_channel = false;  // Where lines of several channels mix.
};

// "2026-11-23 07:50:12 ada: text". Every remote string went through Visible; further lines of a
// text are indented, so that no text can pose as another line.
std::string EventText(const v1::Event& event, std::string_view channel, const TextStyle& style);

// A text of several lines as one entry: made visible, further lines indented.
std::string Indented(std::string_view text);

}  // namespace yap::app
