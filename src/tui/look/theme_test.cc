#include "tui/look/theme.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace yap::tui {
namespace {

using client::Rgb;

Cell CellOf(Role role) { return {.glyph = "x", .role = role}; }

Cell NameCell(const std::string& name) { return NameCells(name, client::NameColors::kXep0392)[0]; }

std::string ErrorOf(const std::string& toml, const std::string& theme) {
  const auto read = Theme::Read(toml, "c.toml", {.theme = theme});
  return read ? "" : read.error().message;
}

TEST(ThemeTest, DepthComesFromTheEnvironment) {
  EXPECT_EQ(DepthOf({"1", "truecolor", "xterm"}), Depth::kNone);
  EXPECT_EQ(DepthOf({"", "truecolor", "dumb"}), Depth::kNone);
  EXPECT_EQ(DepthOf({"", "truecolor", "xterm"}), Depth::kTrue);
  EXPECT_EQ(DepthOf({"", "24bit", "xterm"}), Depth::kTrue);
  EXPECT_EQ(DepthOf({"", "", "screen-256color"}), Depth::k256);
  EXPECT_EQ(DepthOf({"", "", "linux"}), Depth::k16);
}

TEST(ThemeTest, RoleHasItsColorInTheDepth) {
  EXPECT_EQ(Theme({.theme = "dark"}).Of(CellOf(Role::kError)).foreground, (Rgb{0xFF, 0x6B, 0x6B}));
  EXPECT_EQ(Theme({.depth = Depth::k256}).Of(CellOf(Role::kError)).index, 203);
  EXPECT_EQ(Theme({.depth = Depth::k16}).Of(CellOf(Role::kMention)).index, 3);
  EXPECT_EQ(Theme({}).Of(CellOf(Role::kText)), Style());
}

TEST(ThemeTest, WithoutColorsAttributesTell) {
  for (const ThemeOptions& options :
       {ThemeOptions{"dark", Depth::kNone}, ThemeOptions{"mono", Depth::kTrue}}) {
    const Theme theme(options);
    for (std::size_t role = 0; role < kRoles; ++role) {
      const Style style = theme.Of(CellOf(static_cast<Role>(role)));
      EXPECT_FALSE(style.foreground || style.index) << role;
    }
    EXPECT_FALSE(theme.Of(NameCell("ada")).foreground);
    EXPECT_TRUE(theme.Of(CellOf(Role::kSelected)).reverse);
    EXPECT_TRUE(theme.Of(CellOf(Role::kDim)).dim);
    EXPECT_NE(theme.Of(CellOf(Role::kError)), theme.Of(CellOf(Role::kMention)));
    EXPECT_NE(theme.Of(CellOf(Role::kFound)), theme.Of(CellOf(Role::kSelected)));
  }
}

TEST(ThemeTest, BoldOfTheCellIsKept) {
  Cell cell = NameCell("ada");
  cell.bold = true;
  EXPECT_TRUE(Theme({}).Of(cell).bold);
  EXPECT_TRUE(Theme({.depth = Depth::kNone}).Of(cell).bold);
}

TEST(ThemeTest, EveryRoleCanBeReadOnItsBackground) {
  for (const auto& [name, floor] :
       {std::pair{"dark", 4.5}, {"light", 4.5}, {"high-contrast", 7.0}}) {
    const Theme theme({.theme = name});
    for (std::size_t role = 0; role < kRoles; ++role) {
      const auto color = theme.Of(CellOf(static_cast<Role>(role))).foreground;
      if (color) EXPECT_GE(Contrast(*color, theme.background()), floor) << name << " " << role;
    }
  }
}

// By the numbers: a thousand names in every theme and depth.
TEST(ThemeTest, EveryNameCanBeReadOnItsBackground) {
  for (const auto& [name, floor] :
       {std::pair{"dark", 4.5}, {"light", 4.5}, {"high-contrast", 7.0}}) {
    for (const Depth depth : {Depth::kTrue, Depth::k256, Depth::k16}) {
      const Theme theme({.theme = name, .depth = depth});
      for (int i = 0; i < 1000; ++i) {
        const Style style = theme.Of(NameCell("user" + std::to_string(i)));
        const Rgb color = style.index ? PaletteColor(*style.index) : *style.foreground;
        ASSERT_GE(Contrast(color, theme.background()), floor) << name << " " << i;
      }
    }
  }
}

TEST(ThemeTest, FileChangesRolesOfAThemeOrMakesANewOne) {
  const std::string toml =
      "[themes.dark]\nerror = \"#ff5555 bold\"\n[themes.paper]\nbase = \"light\"\nnews = \"dim\"\n"
      "background = \"#fdf6e3\"\n";
  const auto dark = Theme::Read(toml, "c", {});
  ASSERT_TRUE(dark) << dark.error().message;
  EXPECT_EQ(dark->Of(CellOf(Role::kError)).foreground, (Rgb{0xFF, 0x55, 0x55}));
  EXPECT_TRUE(dark->Of(CellOf(Role::kError)).bold);
  const auto paper = Theme::Read(toml, "c", {.theme = "paper"});
  ASSERT_TRUE(paper);
  EXPECT_TRUE(paper->Of(CellOf(Role::kNews)).dim);
  EXPECT_FALSE(paper->Of(CellOf(Role::kNews)).foreground);
  EXPECT_EQ(paper->Of(CellOf(Role::kError)).foreground, (Rgb{0xB0, 0x00, 0x20}));
  EXPECT_EQ(paper->background(), (Rgb{0xFD, 0xF6, 0xE3}));
}

TEST(ThemeTest, ErrorsNameTheLineAndTheNearest) {
  EXPECT_EQ(ErrorOf("\ntheme = \"drak\"\n", "drak"),
            "c.toml:2: unknown theme \"drak\"; did you mean \"dark\"?");
  EXPECT_EQ(ErrorOf("[themes.x]\neror = \"dim\"", "dark"),
            "c.toml:2: unknown role \"eror\"; did you mean \"error\"?");
  EXPECT_EQ(
      ErrorOf("[themes.x]\nerror = \"red\"", "dark"),
      "c.toml:2: error takes \"#rrggbb\" and of bold, dim, reverse, underline any; or \"plain\"");
  EXPECT_EQ(ErrorOf("[themes.x]\nerror = 1", "dark"), "c.toml:2: error takes text in quotes");
  EXPECT_EQ(ErrorOf("[themes.x]\nbase = \"y\"", "dark"),
            "c.toml:2: base is \"dark\", \"light\", \"high-contrast\" or \"mono\"");
  EXPECT_EQ(ErrorOf("[themes.x]\nbackground = \"#12345g\"", "dark"),
            "c.toml:2: background takes \"#rrggbb\"");
  EXPECT_EQ(ErrorOf("[themes]\nx = 1", "dark"), "c.toml:2: themes.x is a table");
  EXPECT_EQ(ErrorOf("=", "dark").substr(0, 9), "c.toml:1:");
}

TEST(PaletteTest, ContrastIsThatOfWcag) {
  EXPECT_DOUBLE_EQ(Contrast({0, 0, 0}, {255, 255, 255}), 21);
  EXPECT_DOUBLE_EQ(Contrast({9, 9, 9}, {9, 9, 9}), 1);
  EXPECT_NEAR(Contrast({0x76, 0x76, 0x76}, {255, 255, 255}), 4.54, 0.01);
}

TEST(PaletteTest, NearestOfAnEntryIsTheEntry) {
  for (int i = 0; i < 16; ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    EXPECT_EQ(NearestOf16(PaletteColor(index)), index);
  }
  for (int i = 16; i < 256; ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    EXPECT_EQ(PaletteColor(NearestOf256(PaletteColor(index))), PaletteColor(index));
  }
  EXPECT_EQ(NearestOf256({0xFF, 0x00, 0x00}), 196);
  EXPECT_EQ(NearestOf256({0x80, 0x80, 0x80}), 244);
}

TEST(PalettePropertyTest, AnythingIsMadeReadable) {
  EXPECT_TRUE(rc::check([] {
    const auto channel = rc::gen::arbitrary<std::uint8_t>();
    const Rgb color{*channel, *channel, *channel};
    const Rgb background{*channel, *channel, *channel};
    const Rgb readable = MadeReadable(color, background, 4.5);
    RC_ASSERT(Contrast(readable, background) >= 4.5);
    if (Contrast(color, background) >= 4.5) RC_ASSERT(readable == color);
  }));
}

}  // namespace
}  // namespace yap::tui
