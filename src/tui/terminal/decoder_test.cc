#include "tui/terminal/decoder.h"

#include <gtest/gtest.h>

#include <iterator>

#include "tui/keys/key_testing.h"

namespace yap::tui {
namespace {

using Inputs = std::vector<Input>;

// All of it, with the time-out at the end.
Inputs Decoded(std::string_view bytes) {
  Decoder decoder;
  Inputs out = decoder.Feed(bytes);
  if (decoder.wait()) std::ranges::move(decoder.TimedOut(), std::back_inserter(out));
  return out;
}

// The names of the keys; other inputs as "-".
std::string KeysOf(std::string_view bytes) {
  std::string out;
  for (const Input& input : Decoded(bytes)) {
    const Key* key = std::get_if<Key>(&input);
    out += (out.empty() ? "" : " ") + (key ? NameOf(*key) : "-");
  }
  return out;
}

std::string Csi(std::string_view rest) { return "\x1b[" + std::string(rest); }

TEST(DecoderTest, TextIsAKeyPerCodePoint) { EXPECT_EQ(KeysOf("aé漢 A"), "a é 漢 space shift+a"); }

TEST(DecoderTest, ControlsAreKeys) {
  using namespace std::string_view_literals;
  EXPECT_EQ(KeysOf("\r\t\x7f\b\n\x0b\0\x1f"sv),
            "enter tab backspace ctrl+h ctrl+j ctrl+k ctrl+space ctrl+_");
}

TEST(DecoderTest, CursorAndFunctionKeysOfAllDialects) {
  EXPECT_EQ(KeysOf(Csi("A") + "\x1bOB" + Csi("1;5C") + Csi("1;2D")),
            "up down ctrl+right shift+left");
  EXPECT_EQ(KeysOf(Csi("H") + Csi("4~") + Csi("1;3F") + Csi("7~")), "home end alt+end home");
  EXPECT_EQ(KeysOf(Csi("2~") + Csi("3;5~") + Csi("5~") + Csi("6~")),
            "insert ctrl+delete pageup pagedown");
  EXPECT_EQ(KeysOf("\x1bOP" + Csi("[B") + Csi("13~") + Csi("1;2S") + Csi("24~")),
            "f1 f2 f3 shift+f4 f12");
  EXPECT_EQ(KeysOf(Csi("Z") + "\x1bOM"), "shift+tab enter");
}

TEST(DecoderTest, KeysThatAreSpelledOut) {
  EXPECT_EQ(KeysOf(Csi("27;2;13~") + Csi("13;3u") + Csi("107;5u") + Csi("107;6u")),
            "shift+enter alt+enter ctrl+k ctrl+shift+k");
  EXPECT_EQ(KeysOf(Csi("9;2u") + Csi("233;3u") + Csi("97:65;3:1u")), "shift+tab alt+é alt+a");
  EXPECT_EQ(KeysOf(Csi("7;5u") + Csi("55296u") + Csi("99999999u") + "x"), "x") << "no keys";
}

TEST(DecoderTest, EscapeIsAltUnlessItIsAlone) {
  EXPECT_EQ(KeysOf("\x1bx\x1b\r\x1b\x7f\x1bé"), "alt+x alt+enter alt+backspace alt+é");
  EXPECT_EQ(KeysOf("\x1b"), "escape");
  EXPECT_EQ(KeysOf("\x1b\x1b"), "escape escape");
  EXPECT_EQ(KeysOf("\x1b["), "alt+[");
  EXPECT_EQ(KeysOf("\x1bO"), "alt+shift+o");
  EXPECT_EQ(KeysOf("\x1b\x1b[A"), "escape up");
}

TEST(DecoderTest, WaitsOnlyWhileSomethingIsBegun) {
  Decoder decoder;
  EXPECT_FALSE(decoder.wait());
  EXPECT_TRUE(decoder.Feed("\x1b").empty());
  EXPECT_EQ(decoder.wait(), Decoder::kEscapeWait);
  EXPECT_EQ(decoder.Feed("[A"), (Inputs{K("up")}));
  EXPECT_FALSE(decoder.wait());
  decoder.Feed("\x1b[200~x");
  EXPECT_EQ(decoder.wait(), Decoder::kPasteWait);
  EXPECT_EQ(decoder.TimedOut(), (Inputs{Paste{"x", false}}));
  EXPECT_FALSE(decoder.wait());
}

TEST(DecoderTest, UnknownIsSwallowedWhole) {
  EXPECT_EQ(KeysOf(Csi("?1;2c") + Csi("5;7R") + Csi(">0;1;2m") + Csi("201~") + Csi("99~") + "x"),
            "x");
  EXPECT_EQ(KeysOf("\x1b]11;rgb:0000/0000/0000\x1b\\x\x1b]0;t\ay\x1bP1$r\x1b\\z"), "x y z");
  EXPECT_EQ(KeysOf(Csi(std::string(1000, '1')) + "~x"), "x");
  EXPECT_EQ(KeysOf("\xff\xc3(\xe2\x82"), "(") << "what is no UTF-8";
  EXPECT_EQ(KeysOf("\xc2\x9b"), "") << "C1";
  EXPECT_EQ(KeysOf(Csi("1\rx")), "enter x") << "a control ends what is no sequence";
}

TEST(DecoderTest, PasteIsOneInputWithItsNewlines) {
  EXPECT_EQ(Decoded("\x1b[200~one\rtwo\x1b[A\n\x1b[201~x"),
            (Inputs{Paste{"one\rtwo\x1b[A\n", false}, K("x")}));
}

TEST(DecoderTest, LongPasteIsCut) {
  const auto inputs = Decoded(Csi("200~") + std::string(kPasteBytesMax + 5, 'a') + Csi("201~"));
  ASSERT_EQ(inputs.size(), 1u);
  const auto& paste = std::get<Paste>(inputs[0]);
  EXPECT_EQ(paste.text.size(), kPasteBytesMax);
  EXPECT_TRUE(paste.cut);
}

TEST(DecoderTest, FocusAndMouse) {
  EXPECT_EQ(Decoded(Csi("I") + Csi("O")), (Inputs{Focus{true}, Focus{false}}));
  EXPECT_EQ(Decoded(Csi("<0;5;3M") + Csi("<0;5;3m") + Csi("<64;1;1M") + Csi("<69;1;2M")),
            (Inputs{Mouse{Mouse::What::kPress, 4, 2}, Mouse{Mouse::What::kWheelUp, 0, 0},
                    Mouse{Mouse::What::kWheelDown, 0, 1}}));
  EXPECT_TRUE(Decoded(Csi("<2;1;1M") + Csi("<32;1;1M") + Csi("<0;0;1M") + Csi("<0;1M")).empty());
}

std::string Bytes() {
  const auto piece = rc::gen::oneOf(
      unicode::GenBytes(),
      rc::gen::elementOf(std::vector<std::string>{
          "\x1b", "\x1b[", "\x1b[200~", "\x1b[201~", "\x1b[1;5A", "\x1bO", "\x1b]0;", "\x1b\\",
          "\a", "\x1b[<64;10;10M", "\x1b[[A", "\x1b[27;2;13~", "\xf0\x9f", "\x1bP"}));
  return *unicode::Joined(piece);
}

TEST(DecoderPropertyTest, TotalAndIndifferentToHowBytesAreDivided) {
  EXPECT_TRUE(rc::check([] {
    const std::string bytes = Bytes();
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    Decoder whole;
    const Inputs expected = whole.Feed(bytes);
    Decoder divided;
    Inputs found = divided.Feed(bytes.substr(0, cut));
    std::ranges::move(divided.Feed(bytes.substr(cut)), std::back_inserter(found));
    RC_ASSERT(found == expected);
    RC_ASSERT(divided.wait() == whole.wait());
    whole.TimedOut();
    RC_ASSERT(!whole.wait());
  }));
}

TEST(DecoderPropertyTest, EveryKeyHasANameAndNoControl) {
  EXPECT_TRUE(rc::check([] {
    for (const Input& input : Decoded(Bytes())) {
      const Key* key = std::get_if<Key>(&input);
      if (key) RC_ASSERT(KeyNamed(NameOf(*key)) == *key);
    }
  }));
}

}  // namespace
}  // namespace yap::tui
