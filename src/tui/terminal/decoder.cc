#include "tui/terminal/decoder.h"

#include <algorithm>
#include <utility>

#include "tui/terminal/csi.h"
#include "unicode/code_points.h"

namespace yap::tui {
namespace {

constexpr char kEsc = '\x1b';
constexpr char kBell = '\a';
constexpr std::string_view kPasteEnd = "\x1b[201~";
constexpr std::string_view kPasteBegin = "200";
// The longest that is known is a mouse report of some 20.
constexpr std::size_t kSequenceBytesMax = 64;

bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }
bool IsParameter(char c) { return c >= 0x20 && c < 0x40; }  // And intermediate bytes.
bool IsFinal(char c) { return c >= 0x40 && c < 0x7F; }

// Whether `rest` is a character of which the end is still to come.
bool IsBegunCharacter(std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest.front());
  const std::size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  const auto c = unicode::DecodeAt(rest, 0);
  return !c.valid && lead <= 0xF4 && rest.size() < whole && c.bytes == rest.size();
}

// How much of the end of `rest` may be the start of kPasteEnd.
std::size_t BegunPasteEnd(std::string_view rest) {
  for (std::size_t n = std::min(rest.size(), kPasteEnd.size() - 1); n > 0; --n) {
    if (kPasteEnd.starts_with(rest.substr(rest.size() - n))) return n;
  }
  return 0;
}

template <class T>
void AddIf(const std::optional<T>& input, std::vector<Input>& out) {
  if (input) out.emplace_back(*input);
}

}  // namespace

std::vector<Input> Decoder::Feed(std::string_view bytes) {
  held_ += bytes;
  std::vector<Input> out;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const std::size_t taken = Step(rest, out);
    if (taken == 0) break;
    rest.remove_prefix(taken);
  }
  held_.erase(0, held_.size() - rest.size());
  return out;
}

std::vector<Input> Decoder::TimedOut() {
  std::vector<Input> out;
  const std::string held = std::exchange(held_, {});
  if (std::exchange(state_, State::kGround) == State::kPaste) {
    AddToPaste(held);
    EndPaste(out);
    return out;
  }
  if (held == "\x1b") out.emplace_back(Key{KeyCode::kEscape});
  if (held.size() == 2 && held.front() == kEsc) {
    Text(std::string_view(held).substr(1), true, out);  // Alt+[, Alt+O, Alt+], Alt+P.
  }
  return out;
}

std::optional<std::chrono::milliseconds> Decoder::wait() const {
  if (state_ == State::kPaste) return kPasteWait;
  if (!held_.empty() || state_ != State::kGround) return kEscapeWait;
  return {};
}

std::size_t Decoder::Step(std::string_view rest, std::vector<Input>& out) {
  switch (state_) {
    case State::kGround:
      return Ground(rest, out);
    case State::kSkipSequence:
      return SkipSequence(rest, out);
    case State::kSkipString:
      return SkipString(rest, out);
    case State::kPaste:
      return InPaste(rest, out);
  }
  return rest.size();
}

std::size_t Decoder::Ground(std::string_view rest, std::vector<Input>& out) {
  return rest.front() == kEsc ? Escape(rest, out) : Text(rest, false, out);
}

std::size_t Decoder::Escape(std::string_view rest, std::vector<Input>& out) {
  if (rest.size() == 1) return 0;
  switch (rest[1]) {
    case '[':
      return Csi(rest, out);
    case 'O':
      if (rest.size() == 2) return 0;
      if (!IsFinal(rest[2])) return Text(rest.substr(1, 1), true, out) + 1;
      AddIf(MeaningOfSs3(rest[2]), out);
      return 3;
    case ']':
    case 'P':
      if (rest.size() == 2) return 0;
      state_ = State::kSkipString;
      return 2;
    case kEsc:
      out.emplace_back(Key{KeyCode::kEscape});
      return 1;
    default: {
      const std::size_t taken = Text(rest.substr(1), true, out);
      return taken == 0 ? 0 : taken + 1;
    }
  }
}

// A byte that belongs in no sequence ends it and is looked at anew.
std::size_t Decoder::Csi(std::string_view rest, std::vector<Input>& out) {
  if (rest.size() >= 4 && rest[2] == '[') {
    AddIf(MeaningOfConsole(rest[3]), out);
    return 4;
  }
  if (rest.size() == 3 && rest[2] == '[') return 0;
  const auto body = rest.substr(2, kSequenceBytesMax);
  const auto* end = std::ranges::find_if_not(body, IsParameter);
  if (end == body.end()) {
    if (body.size() < kSequenceBytesMax) return 0;
    state_ = State::kSkipSequence;
    return 2 + body.size();
  }
  const auto parameters = body.substr(0, static_cast<std::size_t>(end - body.begin()));
  if (!IsFinal(*end)) return 2 + parameters.size();
  if (*end == '~' && parameters == kPasteBegin) {
    state_ = State::kPaste;
  } else {
    AddIf(MeaningOfCsi(parameters, *end), out);
  }
  return 2 + parameters.size() + 1;
}

std::size_t Decoder::Text(std::string_view rest, bool alt, std::vector<Input>& out) {
  if (IsControl(rest.front())) {
    Key key = ControlKey(rest.front());
    key.alt = alt;
    out.emplace_back(std::move(key));
    return 1;
  }
  if (IsBegunCharacter(rest)) return 0;
  const auto c = unicode::DecodeAt(rest, 0);
  if (c.valid && !unicode::IsControl(c.value)) {
    out.emplace_back(Key{KeyCode::kText, std::string(rest.substr(0, c.bytes)), false, alt, false});
  }
  return c.bytes;
}

std::size_t Decoder::SkipSequence(std::string_view rest, std::vector<Input>& out) {
  const auto* end = std::ranges::find_if_not(rest, IsParameter);
  const auto skipped = static_cast<std::size_t>(end - rest.begin());
  if (end == rest.end()) return skipped;
  state_ = State::kGround;
  if (IsFinal(*end)) return skipped + 1;
  return skipped > 0 ? skipped : Ground(rest, out);
}

// To BEL or ESC \; another ESC begins what comes after a string that was cut.
std::size_t Decoder::SkipString(std::string_view rest, std::vector<Input>& out) {
  const auto end = rest.find_first_of("\a\x1b");
  if (end == std::string_view::npos) return rest.size();
  if (rest[end] == kBell) {
    state_ = State::kGround;
    return end + 1;
  }
  if (end + 1 == rest.size()) return end;
  state_ = State::kGround;
  if (rest[end + 1] == '\\') return end + 2;
  return end > 0 ? end : Ground(rest, out);
}

std::size_t Decoder::InPaste(std::string_view rest, std::vector<Input>& out) {
  const auto end = rest.find(kPasteEnd);
  if (end == std::string_view::npos) {
    const std::size_t taken = rest.size() - BegunPasteEnd(rest);
    AddToPaste(rest.substr(0, taken));
    return taken;
  }
  AddToPaste(rest.substr(0, end));
  EndPaste(out);
  return end + kPasteEnd.size();
}

void Decoder::AddToPaste(std::string_view text) {
  const std::size_t room = kPasteBytesMax - paste_.text.size();
  paste_.cut = paste_.cut || text.size() > room;
  paste_.text += text.substr(0, room);
}

void Decoder::EndPaste(std::vector<Input>& out) {
  state_ = State::kGround;
  out.emplace_back(std::exchange(paste_, {}));
}

}  // namespace yap::tui
