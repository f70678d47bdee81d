#include "app/yap/line_editor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace yap::app {
namespace {

TEST(LineEditorTest, LinesComeWithEnter) {
  LineEditor editor;
  EXPECT_TRUE(editor.Feed("hel").lines.empty());
  EXPECT_EQ(editor.Feed("lo\rnext\nrest").lines, (std::vector<std::string>{"hello", "next"}));
  EXPECT_EQ(editor.text(), "rest");
}

TEST(LineEditorTest, NewlineInsideAPasteNeverSends) {
  LineEditor editor;
  EXPECT_TRUE(editor.Feed("see: \x1b[200~one\rtwo\r\nthree\n").lines.empty());
  EXPECT_FALSE(editor.Feed("four").pasted);
  EXPECT_TRUE(editor.Feed("\x1b[201~").pasted);
  EXPECT_EQ(editor.text(), "see: one\ntwo\nthree\nfour");
  EXPECT_EQ(editor.Feed("\r").lines, (std::vector<std::string>{"see: one\ntwo\nthree\nfour"}));
  EXPECT_EQ(editor.Feed("next\r").lines, (std::vector<std::string>{"next"}));
}

TEST(LineEditorTest, BackspaceTakesAWholeCharacterAsPeopleSeeIt) {
  LineEditor editor;
  (void)editor.Feed("ae\xCC\x81\x7F");  // e + combining acute
  EXPECT_EQ(editor.text(), "a");
  (void)editor.Feed("\x7F\x7F");
  EXPECT_EQ(editor.text(), "");
}

TEST(LineEditorTest, ControlKeysEraseWordLineAndEnd) {
  LineEditor editor;
  (void)editor.Feed("one two  \x17");
  EXPECT_EQ(editor.text(), "one ");
  EXPECT_FALSE(editor.Feed("\x04").ended);
  (void)editor.Feed("\x15");
  EXPECT_EQ(editor.text(), "");
  EXPECT_TRUE(editor.Feed("\x04").ended);
}

TEST(LineEditorTest, EscapeSequencesAreSwallowedWhole) {
  LineEditor editor;
  (void)editor.Feed("a\x1b[1;5Cb\x1bOPc\x1b");
  (void)editor.Feed("[Dd");
  EXPECT_EQ(editor.text(), "abcd");
}

TEST(LineEditorTest, NoKeyLeavesAControlInTheText) {
  EXPECT_TRUE(rc::check([](const std::string& keys) {
    LineEditor editor;
    for (const auto& line : editor.Feed(keys).lines) {
      for (const char c : line) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    }
  }));
}

}  // namespace
}  // namespace yap::app
