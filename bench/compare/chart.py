"""Curves as SVG, with nothing but the standard library. Pure."""

import dataclasses
import math
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 70, 34, 42
# Of Okabe and Ito: told apart by the colour-blind, too.
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#7f7f7f", "#cc79a7", "#e69f00")
_FONT = 'font-family="sans-serif" font-size="11"'


@dataclasses.dataclass(frozen=True)
class Panel:
    """One coordinate system, logarithmic on both axes. `lines`: name → [(x, y)], all above 0."""

    title: str
    x_title: str
    lines: dict


def picture(panels):
    """One SVG, the panels side by side."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH * len(panels)}" height="{_HEIGHT}" '
             f'viewBox="0 0 {_WIDTH * len(panels)} {_HEIGHT}">', '<rect width="100%" height="100%" fill="#ffffff"/>']
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate({_WIDTH * number} 0)">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def ticks(lowest, highest):
    """1, 2 and 5 times the powers of ten from the last at or below `lowest` to the first at or above `highest`;
    over more than three decades only the powers."""
    steps = (1,) if highest > 1000 * lowest else (1, 2, 5)
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    all_ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    begin = max((tick for tick in all_ticks if tick <= lowest), default=all_ticks[0])
    end = min((tick for tick in all_ticks if tick >= highest), default=all_ticks[-1])
    return [tick for tick in all_ticks if begin <= tick <= end]


def short(value):
    """1200000 → "1.2 M"."""
    for scale, unit in ((1e6, " M"), (1e3, " k")):
        if value >= scale:
            return f"{value / scale:g}{unit}"
    return f"{value:g}"


class _Axis:
    """From values to places between `begin` and `end`."""

    def __init__(self, values, begin, end):
        self.ticks = ticks(min(values), max(values))
        self._low, high = math.log10(self.ticks[0]), math.log10(self.ticks[-1])
        self._begin, self._scale = begin, (end - begin) / ((high - self._low) or 1)

    def at(self, value):
        return round(self._begin + (math.log10(value) - self._low) * self._scale, 1)


def _panel(panel):
    points = [point for line in panel.lines.values() for point in line]
    x = _Axis([point[0] for point in points], _LEFT, _WIDTH - _RIGHT)
    y = _Axis([point[1] for point in points], _HEIGHT - _BOTTOM, _TOP)
    yield f'<text x="{_LEFT}" y="18" {_FONT} font-weight="bold">{escape(panel.title)}</text>'
    yield (f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" {_FONT} text-anchor="middle">'
           f'{escape(panel.x_title)}</text>')
    for tick in y.ticks:
        yield f'<path d="M{_LEFT} {y.at(tick)}H{_WIDTH - _RIGHT}" stroke="#dddddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y.at(tick) + 4}" {_FONT} text-anchor="end">{short(tick)}</text>'
    for tick in x.ticks:
        yield f'<path d="M{x.at(tick)} {_HEIGHT - _BOTTOM}v4" stroke="#333333"/>'
        yield f'<text x="{x.at(tick)}" y="{_HEIGHT - _BOTTOM + 17}" {_FONT} text-anchor="middle">{short(tick)}</text>'
    yield f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" fill="none" stroke="#333333"/>'
    places = _label_places({name: y.at(line[-1][1]) for name, line in panel.lines.items()})
    for colour, (name, line) in zip(_COLOURS, panel.lines.items()):
        path = " ".join(f"{x.at(a)},{y.at(b)}" for a, b in line)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for a, b in line:
            yield f'<circle cx="{x.at(a)}" cy="{y.at(b)}" r="2.5" fill="{colour}"/>'
        yield f'<text x="{_WIDTH - _RIGHT + 8}" y="{places[name] + 4}" {_FONT} fill="{colour}">{escape(name)}</text>'


def _label_places(wanted):
    """name → height, near the wanted one and 13 below the label before."""
    places, free = {}, 0.0
    for name in sorted(wanted, key=wanted.get):
        places[name] = max(wanted[name], free)
        free = places[name] + 13
    return places
