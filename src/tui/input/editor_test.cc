#include "tui/input/editor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tui/input/editor_keys.h"
#include "tui/keys/key_testing.h"
#include "tui/keys/keymap.h"
#include "tui/text/cells_testing.h"
#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

// The text with | where the cursor is.
std::string StateOf(const Editor& editor) {
  std::string text = editor.text();
  return text.insert(editor.cursor(), "|");
}

// From such a text.
Editor EditorAt(std::string text) {
  const auto cursor = text.find('|');
  text.erase(cursor, 1);
  Editor editor;
  editor.Set(text);
  while (editor.cursor() > cursor) editor.Do(Edit::kLeft);
  return editor;
}

std::string After(const std::string& text, std::initializer_list<Edit> edits) {
  Editor editor = EditorAt(text);
  for (const Edit edit : edits) editor.Do(edit);
  return StateOf(editor);
}

std::vector<std::string> RowsOf(const Editor::Shape& shape) {
  std::vector<std::string> out;
  for (const Row& row : shape.rows) out.push_back(TextOf(row));
  return out;
}

using Rows = std::vector<std::string>;

TEST(EditorTest, CursorGoesByCluster) {
  EXPECT_EQ(After("a👩‍👩‍👧|", {Edit::kLeft}), "a|👩‍👩‍👧");
  EXPECT_EQ(After("|e\u0301x", {Edit::kRight}), "e\u0301|x");
  EXPECT_EQ(After("a\n|b", {Edit::kLeft, Edit::kLeft}), "|a\nb");
  EXPECT_EQ(After("a🇩🇪|", {Edit::kDeleteBack}), "a|");
  EXPECT_EQ(After("|🇩🇪a", {Edit::kDeleteForward}), "|a");
}

TEST(EditorTest, WordsAndLinesHaveEdges) {
  EXPECT_EQ(After("say hello, wörld|", {Edit::kWordLeft}), "say hello, |wörld");
  EXPECT_EQ(After("say hello, wörld|", {Edit::kWordLeft, Edit::kWordLeft}), "say |hello, wörld");
  EXPECT_EQ(After("|say hello", {Edit::kWordRight}), "say| hello");
  EXPECT_EQ(After("one\ntw|o\nthree", {Edit::kLineStart}), "one\n|two\nthree");
  EXPECT_EQ(After("one\ntw|o\nthree", {Edit::kLineEnd}), "one\ntwo|\nthree");
}

TEST(EditorTest, UpAndDownGoByLinesOrByRowsOfABox) {
  EXPECT_EQ(After("one\ntwo|", {Edit::kUp}), "one|\ntwo");
  EXPECT_EQ(After("lon|g\nx", {Edit::kDown}), "long\nx|");
  Editor editor = EditorAt("abcdefgh|");
  EXPECT_FALSE(editor.Do(Edit::kUp));
  EXPECT_TRUE(editor.Do(Edit::kUp, 5));
  EXPECT_EQ(StateOf(editor), "abc|defgh");
  EXPECT_FALSE(editor.Do(Edit::kUp, 5));
}

TEST(EditorTest, KillsThatFollowEachOtherAreYankedTogether) {
  EXPECT_EQ(After("one two three|", {Edit::kKillWordBack, Edit::kKillWordBack, Edit::kYank}),
            "one two three|");
  EXPECT_EQ(After("|one two", {Edit::kKillWordForward, Edit::kKillToEnd, Edit::kYank}), "one two|");
  EXPECT_EQ(After("one |two", {Edit::kKillToStart, Edit::kLineEnd, Edit::kYank}), "twoone |");
  EXPECT_EQ(After("a\nb|c", {Edit::kClear}), "|");
  EXPECT_EQ(After("x|", {Edit::kYank}), "x|");
}

TEST(EditorTest, TransposeExchangesClusters) {
  EXPECT_EQ(After("ab|c", {Edit::kTranspose}), "acb|");
  EXPECT_EQ(After("ab|", {Edit::kTranspose}), "ba|");
  EXPECT_EQ(After("x\na|", {Edit::kTranspose}), "x\na|");
  EXPECT_EQ(After("|ab", {Edit::kTranspose}), "|ab");
}

TEST(EditorTest, TypingIsUndoneByWords) {
  Editor editor;
  for (const char* key : {"o", "n", "e", " ", "t", "w", "o"}) editor.Insert(key);
  EXPECT_TRUE(editor.Do(Edit::kUndo));
  EXPECT_EQ(StateOf(editor), "one|");
  EXPECT_TRUE(editor.Do(Edit::kUndo));
  EXPECT_EQ(StateOf(editor), "|");
  EXPECT_FALSE(editor.Do(Edit::kUndo));
  EXPECT_TRUE(editor.Do(Edit::kRedo));
  EXPECT_TRUE(editor.Do(Edit::kRedo));
  EXPECT_EQ(StateOf(editor), "one two|");
  EXPECT_FALSE(editor.Do(Edit::kRedo));
}

TEST(EditorTest, ControlsAreDroppedAndLineEndsAreOne) {
  Editor editor;
  EXPECT_TRUE(editor.Insert("a\r\nb\rc\td\x1b[2J\x7f\xff"));
  EXPECT_EQ(editor.text(), "a\nb\nc d[2J\uFFFD");
}

TEST(EditorTest, WhatDoesNotFitIsNotTaken) {
  Editor editor;
  EXPECT_TRUE(editor.Insert(std::string(kEditorBytesMax, 'a')));
  EXPECT_FALSE(editor.Insert("b"));
  EXPECT_FALSE(editor.Replace(0, 1, "bc"));
  EXPECT_FALSE(editor.Set(std::string(kEditorBytesMax + 1, 'a')));
  EXPECT_EQ(editor.text().size(), kEditorBytesMax);
}

TEST(EditorTest, ReplaceAndSetAreOneStep) {
  Editor editor = EditorAt("hi @bo| there");
  editor.Replace(3, 6, "@bob ");
  EXPECT_EQ(StateOf(editor), "hi @bob | there");
  editor.Set("other");
  editor.Do(Edit::kUndo);
  editor.Do(Edit::kUndo);
  EXPECT_EQ(StateOf(editor), "hi @bo| there");
}

TEST(EditorTest, ReplacedBeyondTheTextIsItsEnd) {
  Editor editor = EditorAt("hi|");
  EXPECT_TRUE(editor.Replace(3, 8, " bob"));
  EXPECT_EQ(StateOf(editor), "hi bob|");
}

TEST(EditorTest, TakeLeavesNothingToUndoButTheKilled) {
  Editor editor = EditorAt("one two|");
  editor.Do(Edit::kKillWordBack);
  EXPECT_EQ(editor.Take(), "one ");
  EXPECT_TRUE(editor.empty());
  EXPECT_FALSE(editor.Do(Edit::kUndo));
  EXPECT_TRUE(editor.Do(Edit::kYank));
  EXPECT_EQ(editor.text(), "two");
}

TEST(EditorTest, ShapeHasARowForWhatIsTypedNext) {
  const auto shape = EditorAt("abcd|").Show(4, 10);
  EXPECT_EQ(RowsOf(shape), (Rows{"abcd", ""}));
  EXPECT_EQ(shape.row, 1);
  EXPECT_EQ(shape.column, 0);
}

TEST(EditorTest, ShapeKeepsWideClustersWhole) {
  const auto shape = EditorAt("a漢字|b").Show(4, 10);
  EXPECT_EQ(RowsOf(shape), (Rows{"a漢", "字b"}));
  EXPECT_EQ(shape.row, 1);
  EXPECT_EQ(shape.column, 2);
}

TEST(EditorTest, ShapeShowsTheRowsAroundTheCursor) {
  EXPECT_EQ(RowsOf(EditorAt("1\n2\n3\n4\n5|").Show(10, 3)), (Rows{"3", "4", "5"}));
  EXPECT_EQ(RowsOf(EditorAt("|1\n2\n3\n4\n5").Show(10, 3)), (Rows{"1", "2", "3"}));
  const auto middle = EditorAt("1\n2\n3|\n4\n5").Show(10, 3);
  EXPECT_EQ(RowsOf(middle), (Rows{"2", "3", "4"}));
  EXPECT_EQ(middle.row, 1);
}

TEST(EditorTest, NoRoomIsSomeRoom) {
  EXPECT_EQ(RowsOf(EditorAt("漢a|").Show(0, 0)), Rows{"a"});
  EXPECT_TRUE(EditorAt("a|").InFirstRow(-1));
}

TEST(EditorTest, MaskHidesEachCluster) {
  EXPECT_EQ(RowsOf(EditorAt("pä👩‍👩‍👧|").Show(10, 1, true)), Rows{"•••"});
}

TEST(EditorTest, FirstAndLastRowAreThoseOfTheBox) {
  const Editor editor = EditorAt("abcdef|");
  EXPECT_TRUE(editor.InFirstRow(10));
  EXPECT_FALSE(editor.InFirstRow(4));
  EXPECT_TRUE(editor.InLastRow(4));
  EXPECT_FALSE(EditorAt("|abcdef").InLastRow(4));
}

TEST(EditorKeysTest, EveryKeyIsAnEditAndNoCommandHidesIt) {
  EXPECT_EQ(EditOf(K("ctrl+w")), Edit::kKillWordBack);
  EXPECT_EQ(EditOf(K("ctrl+left")), Edit::kWordLeft);
  EXPECT_FALSE(EditOf(K("x")));
  const Keymap keymap;
  for (const EditorKey& entry : EditorKeys()) {
    const auto key = K(entry.keys.substr(0, entry.keys.find(' ')));
    const auto command = keymap.Find(Context::kChat, key);
    if (!command) continue;
    // In the first and the last row these are history.
    EXPECT_TRUE(entry.edit == Edit::kUp || entry.edit == Edit::kDown) << entry.keys;
  }
}

// Any edits of any text.
TEST(EditorPropertyTest, CursorIsOnAnEdgeAndInTheBox) {
  EXPECT_TRUE(rc::check([] {
    Editor editor;
    const int columns = *rc::gen::inRange(2, 12);
    for (int i = 0; i < 8; ++i) {
      if (*rc::gen::arbitrary<bool>()) editor.Insert(*unicode::GenBytes());
      const int edit = *rc::gen::inRange(0, static_cast<int>(Edit::kClear) + 1);
      editor.Do(static_cast<Edit>(edit), columns);
      const auto shape = editor.Show(columns, 5);
      RC_ASSERT(shape.rows.size() <= 5u);
      RC_ASSERT(shape.row >= 0 && shape.row < std::ssize(shape.rows));
      RC_ASSERT(shape.column >= 0 && shape.column < columns);
      for (const Row& row : shape.rows) RC_ASSERT(IsSound(row) && std::ssize(row) <= columns);
      const std::size_t at = editor.cursor();
      editor.Do(Edit::kRight);
      if (editor.cursor() != at) {
        editor.Do(Edit::kLeft);
        RC_ASSERT(editor.cursor() == at);
      }
    }
  }));
}

TEST(EditorPropertyTest, UndoComesBackToTheStartAndRedoToTheEnd) {
  EXPECT_TRUE(rc::check([] {
    const auto edit =
        rc::gen::map(rc::gen::suchThat(rc::gen::inRange(0, static_cast<int>(Edit::kClear) + 1),
                                       [](int e) {
                                         const auto what = static_cast<Edit>(e);
                                         return what != Edit::kUndo && what != Edit::kRedo;
                                       }),
                     [](int e) { return static_cast<Edit>(e); });
    Editor editor;
    for (int i = 0; i < 8; ++i) {
      editor.Insert(*unicode::GenText());
      editor.Do(*edit);
    }
    const std::string text = editor.text();
    while (editor.Do(Edit::kUndo)) {
    }
    RC_ASSERT(editor.empty());
    while (editor.Do(Edit::kRedo)) {
    }
    RC_ASSERT(editor.text() == text);
  }));
}

}  // namespace
}  // namespace yap::tui
