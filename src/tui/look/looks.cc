#include "tui/look/looks.h"

#include <algorithm>

namespace yap::tui {
namespace {

using client::Rgb;

constexpr Rgb Hex(std::uint32_t rgb) {
  return {static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8),
          static_cast<std::uint8_t>(rgb)};
}

constexpr Attributes kPlain{};
constexpr Attributes kBold{.bold = true};
constexpr Attributes kFaint{.dim = true};
constexpr Attributes kReverse{.reverse = true};
constexpr Attributes kLine{.underline = true};
constexpr Attributes kBoldLine{.bold = true, .underline = true};
constexpr Attributes kBoldReverse{.bold = true, .reverse = true};
constexpr Attributes kReverseLine{.reverse = true, .underline = true};

// In the order of Role: text, dim, name, news, error, mention, accent, selected, unread, found.
constexpr ThemeLooks kDark{.ground = {Hex(0x1E1E1E), 4.5},
                           .looks = {{{},
                                      {Hex(0x949494), kPlain, kFaint},
                                      {},
                                      {Hex(0x87AFAF), kPlain, kFaint},
                                      {Hex(0xFF6B6B), kPlain, kBoldLine},
                                      {Hex(0xFFD75F), kBold, kBold},
                                      {Hex(0x87D7FF), kPlain, kLine},
                                      {{}, kReverse, kReverse},
                                      {Hex(0xFFAF5F), kPlain, kBoldReverse},
                                      {Hex(0xFFFF5F), kReverse, kReverseLine}}}};

constexpr ThemeLooks kLight{.ground = {Hex(0xF5F5F5), 4.5},
                            .looks = {{{},
                                       {Hex(0x666666), kPlain, kFaint},
                                       {},
                                       {Hex(0x2F6B6B), kPlain, kFaint},
                                       {Hex(0xB00020), kPlain, kBoldLine},
                                       {Hex(0x875F00), kBold, kBold},
                                       {Hex(0x005F9F), kPlain, kLine},
                                       {{}, kReverse, kReverse},
                                       {Hex(0x9A3D00), kPlain, kBoldReverse},
                                       {Hex(0x6B5900), kReverse, kReverseLine}}}};

constexpr ThemeLooks kHighContrast{.ground = {Hex(0x000000), 7},
                                   .looks = {{{Hex(0xFFFFFF), kPlain, kPlain},
                                              {Hex(0xC0C0C0), kPlain, kFaint},
                                              {Hex(0xFFFFFF), kPlain, kPlain},
                                              {Hex(0xAFD7D7), kPlain, kFaint},
                                              {Hex(0xFF8787), kBold, kBoldLine},
                                              {Hex(0xFFFF00), kBold, kBold},
                                              {Hex(0x87FFFF), kBold, kLine},
                                              {{}, kReverse, kReverse},
                                              {Hex(0xFFAF00), kBold, kBoldReverse},
                                              {Hex(0xFFFF00), kReverse, kReverseLine}}}};

constexpr ThemeLooks WithoutColors(ThemeLooks looks) {
  looks.colors = false;
  return looks;
}
constexpr ThemeLooks kMono = WithoutColors(kDark);

}  // namespace

const ThemeLooks* BuiltinTheme(std::string_view name) {
  if (name == "dark") return &kDark;
  if (name == "light") return &kLight;
  if (name == "high-contrast") return &kHighContrast;
  return name == "mono" ? &kMono : nullptr;
}

}  // namespace yap::tui
