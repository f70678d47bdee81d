// What others wrote, on its way to the screen: names, texts and reasons become cells, wrapped rows,
// a log, frames and bytes for a terminal, which must show the frame and be told nothing else.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tui/look/theme.h"
#include "tui/terminal/model_terminal_testing.h"
#include "tui/terminal/notify.h"
#include "tui/terminal/painter.h"
#include "tui/text/cells_testing.h"
#include "tui/text/log_view.h"

namespace yap::tui {
namespace {

constexpr int kHeight = 6;

// Lines of what is between two 0xFF bytes: name, text, reason in turn.
client::ChannelModel ChannelOf(std::string_view bytes) {
  client::ChannelModel channel;
  std::vector<std::string> parts(1);
  for (const char c : bytes) {
    if (c == '\xff') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::size_t i = 0; i < parts.size(); i += 3) {
    client::ChatLine line;
    line.seq = i + 1;
    line.user = parts[i];
    line.text = i + 1 < parts.size() ? parts[i + 1] : "";
    line.reason = i + 2 < parts.size() ? parts[i + 2] : "";
    line.message = i % 2 == 0;
    line.mentions_self = i % 4 == 0;
    line.state = line.reason.empty() ? client::LineState::kSent : client::LineState::kFailed;
    channel.lines.push_back(line);
  }
  return channel;
}

Frame FrameOf(const std::vector<Row>& rows, int columns, const Theme& theme) {
  Frame frame{columns, static_cast<int>(rows.size()), {}, std::nullopt};
  for (const Row& row : rows) {
    YAP_CHECK(IsSound(row));
    YAP_CHECK(static_cast<int>(row.size()) <= columns);
    for (const Cell& cell : Fit(row, columns)) frame.spots.push_back({cell.glyph, theme.Of(cell)});
  }
  return frame;
}

void CheckNotification(std::string_view text) {
  client::Config config;
  config.notify = client::NotifyBy::kOsc777;
  const auto bytes = std::get<NotifyBytes>(Notify(config, {text, text}));
  YAP_CHECK(IsHarmless(std::string_view(bytes).substr(2, bytes.size() - 4)));
}

}  // namespace
}  // namespace yap::tui

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yap::tui;  // NOLINT: one room is tested.
  if (size < 2) return 0;
  static const Theme theme({.depth = Depth::k256});
  const int columns = data[0] % 100 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto channel = ChannelOf(text);
  LogView view;
  Painter painter;
  ModelTerminal terminal(columns, kHeight);
  for (const int scroll : {0, -(data[1] % 16), data[1] / 16, -100}) {
    view.Scroll(scroll);
    const auto page = view.Show(channel, {.columns = columns, .find = "a"}, kHeight);
    const Frame frame = FrameOf(page.rows, columns, theme);
    terminal.Write(painter.Paint(frame));
    YAP_CHECK(terminal.wrong().empty(), terminal.wrong());
    YAP_CHECK(terminal.frame().spots == frame.spots, "the terminal shows something else");
  }
  CheckNotification(text);
  return 0;
}
