"""The screen that `tmux capture-pane -e` prints, as cells: what stands in each, how wide and in which look."""

import dataclasses
import re
import unicodedata

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
# xterm's; a theme of yap has its own colours as (r, g, b).
_BASIC = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
          (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
          (255, 0, 255), (0, 255, 255), (255, 255, 255)]
_LEVELS = [0, 95, 135, 175, 215, 255]
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}


@dataclasses.dataclass(frozen=True)
class Look:
    """Colours are (r, g, b); None: the terminal's own."""

    foreground: tuple | None = None
    background: tuple | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False


@dataclasses.dataclass(frozen=True)
class Cell:
    """A grapheme cluster of `width` columns that begins at `column`."""

    text: str
    column: int
    width: int
    look: Look


def rows_of(captured):
    """A list of cells for each line of `captured`; a look goes on over the ends of lines."""
    rows, look = [], Look()
    for line in captured.split("\n"):
        row, at = [], 0
        for match in _SGR.finditer(line):
            _append(row, line[at:match.start()], look)
            look, at = _changed(look, match.group(1)), match.end()
        _append(row, line[at:], look)
        rows.append(row)
    return rows


def _append(row, text, look):
    column = row[-1].column + row[-1].width if row else 0
    for cluster in _clusters(text):
        row.append(Cell(cluster, column, _width(cluster), look))
        column += row[-1].width


def _clusters(text):
    clusters = []
    for char in text:
        if clusters and (_is_mark(char) or clusters[-1].endswith(_JOINER) or _is_flag(clusters[-1], char)):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _is_mark(char):
    return unicodedata.category(char) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= char <= "\U0001f3ff"


def _is_flag(before, char):
    """Whether two regional indicators make a flag."""
    return len(before) == 1 and all("\U0001f1e6" <= c <= "\U0001f1ff" for c in before + char)


def _width(cluster):
    wide = unicodedata.east_asian_width(cluster[0]) in "WF" or _EMOJI_STYLE in cluster
    return 2 if wide or len(cluster) == 2 and _is_flag(cluster[0], cluster[1]) else 1


def _changed(look, parameters):
    numbers = [int(n or 0) for n in re.split("[;:]", parameters)]
    while numbers:
        number = numbers.pop(0)
        if number in (38, 48):
            color, numbers = _color(numbers)
            look = dataclasses.replace(look, **{"foreground" if number == 38 else "background": color})
        else:
            look = _simple(look, number)
    return look


def _color(numbers):
    """The colour that 2;r;g;b or 5;n names, and what stands behind it."""
    if numbers[0] == 2:
        return tuple(numbers[1:4]), numbers[4:]
    return _indexed(numbers[1]), numbers[2:]


def _indexed(index):
    if index < 16:
        return _BASIC[index]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    return _LEVELS[index // 36], _LEVELS[index // 6 % 6], _LEVELS[index % 6]


def _simple(look, number):
    if number in _ATTRIBUTES:
        return dataclasses.replace(look, **{_ATTRIBUTES[number]: True})
    if number == 22:
        return dataclasses.replace(look, bold=False, dim=False)
    if number - 20 in _ATTRIBUTES:
        return dataclasses.replace(look, **{_ATTRIBUTES[number - 20]: False})
    if 30 <= number <= 37 or 90 <= number <= 97:
        return dataclasses.replace(look, foreground=_BASIC[number % 10 + (8 if number >= 90 else 0)])
    if 40 <= number <= 47 or 100 <= number <= 107:
        return dataclasses.replace(look, background=_BASIC[number % 10 + (8 if number >= 100 else 0)])
    if number == 39:
        return dataclasses.replace(look, foreground=None)
    if number == 49:
        return dataclasses.replace(look, background=None)
    return Look() if number == 0 else look
