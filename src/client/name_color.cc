#include "client/name_color.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "crypto/hash.h"

namespace yap::client {
namespace {

// SHA-1 (FIPS 180-4), which XEP-0392 asks for; it protects nothing here.
class Sha1 {
 public:
  explicit Sha1(std::string_view text) {
    std::vector<std::uint8_t> padded(text.begin(), text.end());
    padded.push_back(0x80);
    while (padded.size() % 64 != 56) padded.push_back(0);
    const std::uint64_t bits = text.size() * 8;
    for (int shift = 56; shift >= 0; shift -= 8) {
      padded.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
    for (std::size_t at = 0; at < padded.size(); at += 64) Block(&padded[at]);
  }

  // The first two bytes, the first as the lower one.
  std::uint16_t FirstTwo() const {
    return static_cast<std::uint16_t>((state_[0] >> 24) | ((state_[0] >> 8) & 0xFF00));
  }

 private:
  static std::uint32_t Mix(int round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    if (round < 20) return ((b & c) | (~b & d)) + 0x5A827999;
    if (round < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
    if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
  }

  void Block(const std::uint8_t* bytes) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] = (w[i / 4] << 8) | bytes[i];
    for (std::size_t i = 16; i < 80; ++i) {
      w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    auto [a, b, c, d, e] = state_;
    for (int round = 0; round < 80; ++round) {
      const std::uint32_t next =
          std::rotl(a, 5) + Mix(round, b, c, d) + e + w[static_cast<std::size_t>(round)];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const std::array<std::uint32_t, 5> step = {a, b, c, d, e};
    for (std::size_t i = 0; i < 5; ++i) state_[i] += step[i];
  }

  std::array<std::uint32_t, 5> state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476,
                                         0xC3D2E1F0};
};

// HSLuv (hsluv.org, reference implementation revision 4).
constexpr std::array<std::array<double, 3>, 3> kXyzToRgb = {
    {{3.240969941904521, -1.537383177570093, -0.498610760293},
     {-0.96924363628087, 1.87596750150772, 0.041555057407175},
     {0.055630079696993, -0.20397695888897, 1.056971514242878}}};
constexpr double kRefU = 0.19783000664283;
constexpr double kRefV = 0.46831999493879;
constexpr double kKappa = 903.2962962;
constexpr double kEpsilon = 0.0088564516;
constexpr double kLightness = 50;

// The largest chroma at this hue that sRGB can still show.
double MaxChroma(double hue) {
  const double cube = std::pow(kLightness + 16, 3) / 1560896;
  const double sub = cube > kEpsilon ? cube : kLightness / kKappa;
  double chroma = 1e9;
  for (const auto& m : kXyzToRgb) {
    for (const double t : {0.0, 1.0}) {
      const double top1 = (284517 * m[0] - 94839 * m[2]) * sub;
      const double top2 = (838422 * m[2] + 769860 * m[1] + 731718 * m[0]) * kLightness * sub -
                          769860 * t * kLightness;
      const double bottom = (632260 * m[2] - 126452 * m[1]) * sub + 126452 * t;
      const double length = top2 / bottom / (std::sin(hue) - top1 / bottom * std::cos(hue));
      if (length >= 0) chroma = std::min(chroma, length);
    }
  }
  return chroma;
}

std::uint8_t Channel(double linear) {
  const double value =
      linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
}

Rgb FromHue(double degrees) {
  const double hue = degrees * std::numbers::pi / 180;
  const double chroma = MaxChroma(hue);
  const double u = std::cos(hue) * chroma / (13 * kLightness) + kRefU;
  const double v = std::sin(hue) * chroma / (13 * kLightness) + kRefV;
  const double y = std::pow((kLightness + 16) / 116, 3);
  const double x = -(9 * y * u) / ((u - 4) * v - u * v);
  const double z = (9 * y - 15 * v * y - v * x) / (3 * v);
  std::array<std::uint8_t, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) {
    out[i] = Channel(kXyzToRgb[i][0] * x + kXyzToRgb[i][1] * y + kXyzToRgb[i][2] * z);
  }
  return {out[0], out[1], out[2]};
}

}  // namespace

Rgb ColorOf(std::string_view name, NameColors colors) {
  if (colors == NameColors::kHex6) {
    const Digest digest = Sha256(name);
    return {std::to_integer<std::uint8_t>(digest[0]), std::to_integer<std::uint8_t>(digest[1]),
            std::to_integer<std::uint8_t>(digest[2])};
  }
  return FromHue(Sha1(name).FirstTwo() / 65536.0 * 360);
}

std::string Colored(std::string_view name, NameColors colors) {
  if (colors == NameColors::kOff) return std::string(name);
  const Rgb c = ColorOf(name, colors);
  return fmt::format("\x1b[38;2;{};{};{}m{}\x1b[0m", c.red, c.green, c.blue, name);
}

}  // namespace yap::client
