// tui/keys/key_testing.h: keys for tests.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <string_view>

#include "base/check.h"
#include "tui/keys/key.h"
#include "unicode/arbitrary_text.h"
#include "unicode/code_points.h"

namespace yap::tui {

// REQUIRES: `name` is a key's.
inline Key K(std::string_view name) {
  const auto key = KeyNamed(name);
  YAP_CHECK(key);
  return *key;
}

inline rc::Gen<Key> GenKey() {
  const auto code = rc::gen::map(rc::gen::inRange(0, static_cast<int>(KeyCode::kF12) + 1),
                                 [](int n) { return static_cast<KeyCode>(n); });
  const auto text = rc::gen::suchThat(unicode::GenCodePoint(), [](const std::string& t) {
    return !unicode::IsControl(unicode::DecodeAt(t, 0).value);
  });
  return rc::gen::apply(
      [](KeyCode c, std::string t, bool ctrl, bool alt, bool shift) {
        if (c == KeyCode::kText) return Key{c, t, ctrl, alt, false};
        const bool takes_shift = c != KeyCode::kTab && c != KeyCode::kBacktab;
        return Key{c, "", ctrl, alt, shift && takes_shift};
      },
      code, text, rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(),
      rc::gen::arbitrary<bool>());
}

}  // namespace yap::tui
