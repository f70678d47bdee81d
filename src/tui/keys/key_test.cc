#include "tui/keys/key.h"

#include <gtest/gtest.h>

#include "tui/keys/key_testing.h"

namespace yap::tui {
namespace {

TEST(KeyTest, NamesHaveModifiersInOneOrderAndLowerCase) {
  EXPECT_EQ(NameOf({KeyCode::kText, "k", true, false, false}), "ctrl+k");
  EXPECT_EQ(NameOf({KeyCode::kEnter, "", true, true, true}), "ctrl+alt+shift+enter");
  EXPECT_EQ(NameOf({KeyCode::kText, "A", false, true, false}), "alt+shift+a");
  EXPECT_EQ(NameOf({KeyCode::kText, " "}), "space");
  EXPECT_EQ(NameOf({KeyCode::kBacktab}), "shift+tab");
}

TEST(KeyTest, NamesAreReadInAnyCaseAndOrderAndShort) {
  EXPECT_EQ(KeyNamed("Alt+CTRL+K"), KeyNamed("ctrl+alt+k"));
  EXPECT_EQ(KeyNamed("PgUp"), Key{KeyCode::kPageUp});
  EXPECT_EQ(KeyNamed("esc"), Key{KeyCode::kEscape});
  EXPECT_EQ(KeyNamed("ctrl++"), (Key{KeyCode::kText, "+", true, false, false}));
  EXPECT_EQ(KeyNamed("?"), (Key{KeyCode::kText, "?"}));
  EXPECT_EQ(KeyNamed("é"), (Key{KeyCode::kText, "é"}));
}

TEST(KeyTest, WhatIsNoKeyHasNone) {
  for (const char* name :
       {"", "ctrl+", "f13", "hyper+k", "shift+?", "ab", "\x1b", "\xff", "shift+"}) {
    EXPECT_FALSE(KeyNamed(name)) << name;
  }
}

TEST(KeyTest, ShownNamesAreForPeople) {
  EXPECT_EQ(ShownName(K("ctrl+k")), "Ctrl+K");
  EXPECT_EQ(ShownName(K("alt+shift+a")), "Alt+Shift+A");
  EXPECT_EQ(ShownName(K("pageup")), "PgUp");
  EXPECT_EQ(ShownName(K("?")), "?");
}

TEST(KeyTest, NameAndKeyAreInverse) {
  EXPECT_TRUE(rc::check([] {
    const Key key = *GenKey();
    RC_ASSERT(KeyNamed(NameOf(key)) == key);
  }));
}

}  // namespace
}  // namespace yap::tui
