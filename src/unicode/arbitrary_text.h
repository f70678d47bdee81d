// unicode/arbitrary_text.h: text for property tests: bytes, and code points picked to make trouble.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "unicode/code_points.h"

namespace yap::unicode {

// One code point: a troublemaker, or any scalar value.
inline rc::Gen<std::string> GenCodePoint() {
  const auto encode = [](char32_t c) {
    std::string out;
    AppendUtf8(c, out);
    return out;
  };
  const auto trouble = rc::gen::elementOf(std::vector<char32_t>{
      0x00,    0x09,   0x0A,    0x0D,    0x1B,    0x20,    0x7F,    0x85,    0x9B,
      'a',     '1',    '#',     'e',     0xE9,    0x0301,  0x0300,  0x0323,  0x0345,
      0x200B,  0x200D, 0x200E,  0x2028,  0x202E,  0x2066,  0x2069,  0x212B,  0x20E3,
      0xFE0E,  0xFE0F, 0x3000,  0x3042,  0x4E2D,  0xAC00,  0x1100,  0x1161,  0x11A8,
      0x0915,  0x094D, 0x0937,  0x1F1E9, 0x1F1EA, 0x1F468, 0x1F469, 0x1F3FD, 0x2764,
      0x1F600, 0xFEFF, 0xE0067, 0xE007F, 0x1FAFF, 0x0378,  0xE000,  0x10FFFF});
  const auto any = rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 0x110000 - 0x800),
                                [](std::uint32_t n) -> char32_t {
                                  return n < 0xD800 ? n : n + 0x800;  // Not the surrogates.
                                });
  return rc::gen::map(rc::gen::oneOf(trouble, trouble, trouble, any), encode);
}

inline rc::Gen<std::string> Joined(const rc::Gen<std::string>& piece) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const std::string& p : pieces) out += p;
                        return out;
                      });
}

// Well-formed UTF-8.
inline rc::Gen<std::string> GenText() { return Joined(GenCodePoint()); }

// Mostly well-formed, with any bytes in between.
inline rc::Gen<std::string> GenBytes() {
  const auto byte = rc::gen::map(rc::gen::inRange(0, 256),
                                 [](int b) { return std::string(1, static_cast<char>(b)); });
  return Joined(rc::gen::oneOf(GenCodePoint(), byte));
}

}  // namespace yap::unicode
