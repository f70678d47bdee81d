// base/secret.h: a string that cannot be printed by accident and is wiped after use.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace yap {

// Overwrites `s` in a way the compiler must not drop, then clears it.
void Wipe(std::string& s);

// Holds a password, a token or a key. No operator<<, no fmt formatter, no comparison: whoever wants
// the bytes says Reveal(), which is easy to search for. Moves leave the source empty and wiped.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { Wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe(value_);
      value_ = std::move(other.value_);
      Wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { Wipe(value_); }

  std::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace yap
