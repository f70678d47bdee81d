#include "tui/look/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace yap::tui {
namespace {

using client::Rgb;

constexpr Rgb kBlack{0, 0, 0};
constexpr Rgb kWhite{255, 255, 255};

// XTerm-col.ad.
constexpr std::array<Rgb, 16> kFirst16 = {{{0, 0, 0},
                                           {205, 0, 0},
                                           {0, 205, 0},
                                           {205, 205, 0},
                                           {0, 0, 238},
                                           {205, 0, 205},
                                           {0, 205, 205},
                                           {229, 229, 229},
                                           {127, 127, 127},
                                           {255, 0, 0},
                                           {0, 255, 0},
                                           {255, 255, 0},
                                           {92, 92, 255},
                                           {255, 0, 255},
                                           {0, 255, 255},
                                           {255, 255, 255}}};
constexpr std::array<std::uint8_t, 6> kCubeLevels = {0, 95, 135, 175, 215, 255};
constexpr int kCubeBegin = 16;
constexpr int kGreyBegin = 232;

// sRGB (IEC 61966-2-1) to linear light.
double Linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double Luminance(Rgb c) {
  return 0.2126 * Linear(c.red) + 0.7152 * Linear(c.green) + 0.0722 * Linear(c.blue);
}

struct Lab {
  double l, a, b;
};

double LabCurve(double t) {
  return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

// CIELAB with the white point D65.
Lab ToLab(Rgb c) {
  const double r = Linear(c.red);
  const double g = Linear(c.green);
  const double b = Linear(c.blue);
  const double x = LabCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const double y = LabCurve(Luminance(c));
  const double z = LabCurve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double SquaredDistance(const Lab& p, const Lab& q) {
  return (p.l - q.l) * (p.l - q.l) + (p.a - q.a) * (p.a - q.a) + (p.b - q.b) * (p.b - q.b);
}

std::uint8_t NearestIn(int begin, int end, Rgb color, std::optional<Ground> ground) {
  const Lab wanted = ToLab(color);
  int best = begin;
  double best_distance = HUGE_VAL;
  for (int i = begin; i < end; ++i) {
    const Rgb entry = PaletteColor(static_cast<std::uint8_t>(i));
    if (ground && Contrast(entry, ground->background) < ground->contrast) continue;
    const double distance = SquaredDistance(wanted, ToLab(entry));
    if (distance >= best_distance) continue;
    best = i;
    best_distance = distance;
  }
  return static_cast<std::uint8_t>(best);
}

std::uint8_t Mixed(std::uint8_t from, std::uint8_t to, double part) {
  return static_cast<std::uint8_t>(std::lround(from + (to - from) * part));
}

}  // namespace

double Contrast(Rgb a, Rgb b) {
  const auto [dark, light] = std::minmax({Luminance(a), Luminance(b)});
  return (light + 0.05) / (dark + 0.05);
}

Rgb MadeReadable(Rgb color, Rgb background, double contrast) {
  constexpr int kSteps = 64;
  const Rgb goal = Contrast(kWhite, background) > Contrast(kBlack, background) ? kWhite : kBlack;
  Rgb mixed = color;
  for (int step = 1; step <= kSteps && Contrast(mixed, background) < contrast; ++step) {
    const double part = static_cast<double>(step) / kSteps;
    mixed = {Mixed(color.red, goal.red, part), Mixed(color.green, goal.green, part),
             Mixed(color.blue, goal.blue, part)};
  }
  return mixed;
}

Rgb PaletteColor(std::uint8_t index) {
  if (index < kCubeBegin) return kFirst16[index];
  if (index >= kGreyBegin) {
    const auto grey = static_cast<std::uint8_t>(8 + 10 * (index - kGreyBegin));
    return {grey, grey, grey};
  }
  const auto cube = static_cast<std::size_t>(index - kCubeBegin);
  return {kCubeLevels[cube / 36], kCubeLevels[cube / 6 % 6], kCubeLevels[cube % 6]};
}

std::uint8_t NearestOf256(Rgb color, std::optional<Ground> ground) {
  return NearestIn(kCubeBegin, 256, color, ground);
}

std::uint8_t NearestOf16(Rgb color, std::optional<Ground> ground) {
  return NearestIn(0, kCubeBegin, color, ground);
}

}  // namespace yap::tui
