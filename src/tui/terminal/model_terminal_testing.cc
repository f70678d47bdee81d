#include "tui/terminal/model_terminal_testing.h"

#include <algorithm>
#include <charconv>

#include "tui/text/cells_testing.h"
#include "unicode/width.h"

namespace yap::tui {
namespace {

std::vector<int> Numbers(std::string_view text) {
  std::vector<int> out;
  for (;;) {
    const auto word = text.substr(0, text.find(';'));
    int n = 0;
    std::from_chars(word.data(), word.data() + word.size(), n);
    out.push_back(n);
    if (word.size() == text.size()) return out;
    text.remove_prefix(word.size() + 1);
  }
}

std::uint8_t Byte(int n) { return static_cast<std::uint8_t>(n); }

}  // namespace

ModelTerminal::ModelTerminal(int columns, int rows) {
  frame_.columns = columns;
  frame_.rows = rows;
  frame_.spots.resize(static_cast<std::size_t>(columns * rows));
}

void ModelTerminal::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.front() == '\x1b') {
      bytes = Sequence(bytes);
      continue;
    }
    const auto text = bytes.substr(0, bytes.find('\x1b'));
    if (!IsHarmless(text)) Wrong("a control in text");
    unicode::ForEachGrapheme(text, [&](const unicode::Grapheme& g) { Put(g.bytes, g.columns); });
    bytes.remove_prefix(text.size());
  }
  if (in_frame_) Wrong("an open frame");
}

std::string ModelTerminal::RowText(int row) const {
  std::string out;
  for (int column = 0; column < frame_.columns; ++column) {
    out += frame_.spots[static_cast<std::size_t>(row * frame_.columns + column)].glyph;
  }
  out.resize(out.find_last_not_of(' ') + 1);
  return out;
}

std::string_view ModelTerminal::Sequence(std::string_view bytes) {
  const auto end = bytes.find_first_not_of("0123456789;?", 2);
  if (!bytes.starts_with("\x1b[") || end == std::string_view::npos) {
    Wrong("no control sequence");
    return {};
  }
  Do(bytes.substr(2, end - 2), bytes[end]);
  return bytes.substr(end + 1);
}

void ModelTerminal::Do(std::string_view parameters, char final) {
  const std::string all = std::string(parameters) + final;
  if (all == "?2026h") {
    in_frame_ = true;
  } else if (!in_frame_) {
    Wrong("outside a frame: " + all);
  } else if (all == "?2026l") {
    in_frame_ = false;
  } else if (all == "?25l") {
    frame_.cursor.reset();
  } else if (all == "?25h") {
    frame_.cursor = at_;
  } else if (all == "2J") {
    std::ranges::fill(frame_.spots, Spot{});
  } else if (final == 'm') {
    SetStyle(parameters);
  } else if (const auto place = Numbers(parameters); final == 'H' && place.size() == 2) {
    at_ = {place[1] - 1, place[0] - 1};
    last_put_ = nullptr;
    if (at_.column < 0 || at_.row < 0 || at_.column >= frame_.columns || at_.row >= frame_.rows) {
      Wrong("a move off the screen");
      at_ = {};
    }
  } else {
    Wrong("unknown: " + all);
  }
}

void ModelTerminal::SetStyle(std::string_view parameters) {
  const auto n = Numbers(parameters);
  for (std::size_t i = 0; i < n.size(); ++i) {
    if (n[i] == 0) pen_ = {};
    if (n[i] == 1) pen_.bold = true;
    if (n[i] == 2) pen_.dim = true;
    if (n[i] == 4) pen_.underline = true;
    if (n[i] == 7) pen_.reverse = true;
    if (n[i] >= 30 && n[i] < 38) pen_.index = Byte(n[i] - 30);
    if (n[i] >= 90 && n[i] < 98) pen_.index = Byte(n[i] - 90 + 8);
    if (n[i] != 38) continue;
    if (n.size() == i + 3 && n[i + 1] == 5) {
      pen_.index = Byte(n[i + 2]);
    } else if (n.size() == i + 5 && n[i + 1] == 2) {
      pen_.foreground = client::Rgb{Byte(n[i + 2]), Byte(n[i + 3]), Byte(n[i + 4])};
    } else {
      Wrong("no colour: " + std::string(parameters));
    }
    return;
  }
}

Spot& ModelTerminal::At(int column) {
  return frame_.spots[static_cast<std::size_t>(at_.row * frame_.columns + column)];
}

// Half of a wide glyph is overwritten: the other half is blank, as in xterm.
void ModelTerminal::Break(int column) {
  if (At(column).glyph.empty() && column > 0) At(column - 1) = Spot{" ", At(column - 1).style};
  if (column + 1 < frame_.columns && At(column + 1).glyph.empty()) {
    At(column + 1) = Spot{" ", At(column + 1).style};
  }
}

void ModelTerminal::Put(std::string_view glyph, int columns) {
  if (!in_frame_) return Wrong("text outside a frame");
  if (columns == 0 && last_put_) {
    last_put_->glyph += glyph;
    return;
  }
  if (columns == 0 || at_.column + columns > frame_.columns) {
    return Wrong("a glyph without a place: " + std::string(glyph));
  }
  for (int i = 0; i < columns; ++i) {
    Break(at_.column + i);
    At(at_.column + i) = Spot{i == 0 ? std::string(glyph) : "", pen_};
  }
  last_put_ = &At(at_.column);
  at_.column += columns;
  ++drawn_;
}

void ModelTerminal::Wrong(std::string_view what) {
  if (wrong_.empty()) wrong_ = what;
}

}  // namespace yap::tui
