"""Cells as an SVG picture: a window with a screen in it.

Nothing depends on the fonts of who looks at it: every run of text is stretched to its columns, a wide
glyph stands in the middle of its two, and lines of boxes are drawn, not written."""

import dataclasses
import itertools
from xml.sax.saxutils import escape

from picture.cells import Cell, Look

CELL, ROW, FONT = 8.4, 19, 14  # A column, a row and the font, in pixels.
PADDING, BAR = 16, 34
FONTS = ("ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', "
         "'Noto Sans CJK JP', monospace")
EMOJI = "'Apple Color Emoji', 'Segoe UI Emoji', 'Noto Color Emoji'"  # Their digits are not for text.
DOTS = ("#ff5f57", "#febc2e", "#28c840")
RADIUS = 5  # Of rounded corners of boxes.


@dataclasses.dataclass(frozen=True)
class Colors:
    """Of the terminal: what a cell without colours has, and the window around it."""

    foreground: tuple
    background: tuple
    bar: tuple
    title: tuple
    cursor: tuple


DARK = Colors((212, 212, 212), (30, 30, 30), (45, 45, 45), (160, 160, 160), (174, 175, 173))


def picture(rows, columns, title, colors=DARK, cursor=None):
    """The SVG of `rows` (of cells.rows_of), each `columns` wide; `cursor`: its (column, row) or None."""
    width = round(columns * CELL + 2 * PADDING)
    height = BAR + len(rows) * ROW + 2 * PADDING - 4
    if cursor:
        rows = _with_cursor(rows, cursor, colors)
    return "\n".join([*_window(width, height, title, colors), *_screen(rows, colors), "</g>", "</svg>", ""])


def _with_cursor(rows, cursor, colors):
    """The cell at the cursor stands on a block of its colour."""
    column, row = cursor
    rows = [list(cells) for cells in rows]
    here = next((cell for cell in rows[row] if cell.column == column), Cell(" ", column, 1, Look()))
    rows[row] = [cell for cell in rows[row] if cell.column != column]
    rows[row].append(dataclasses.replace(here, look=Look(colors.background, colors.cursor)))
    rows[row].sort(key=lambda cell: cell.column)
    return rows


def _window(width, height, title, colors):
    """The window up to the group in which the screen stands."""
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" xml:space="preserve" role="img" aria-label="{escape(title)}">')
    yield (f'<style>text{{font:{FONT}px {FONTS};white-space:pre}}.b{{font-weight:bold}}.d{{opacity:.6}}'
           f'.i{{font-style:italic}}.u{{text-decoration:underline}}.w{{text-anchor:middle;font-family:{EMOJI}, {FONTS}}}'
           'rect{shape-rendering:crispEdges}path{fill:none;stroke-width:1}</style>')
    yield f'<rect width="{width}" height="{height}" rx="9" fill="{_hex(colors.background)}"/>'
    yield (f'<path d="M0 {BAR}V9a9 9 0 0 1 9-9H{width - 9}a9 9 0 0 1 9 9V{BAR}z" '
           f'style="fill:{_hex(colors.bar)}"/>')
    for place, dot in enumerate(DOTS):
        yield f'<circle cx="{20 + 20 * place}" cy="{BAR // 2}" r="6" fill="{dot}"/>'
    yield (f'<text x="{width / 2:g}" y="{BAR // 2 + 5}" text-anchor="middle" style="font-family:sans-serif;font-size:13px" '
           f'fill="{_hex(colors.title)}">{escape(title)}</text>')
    yield f'<g transform="translate({PADDING} {BAR + PADDING - 4})">'


def _screen(rows, colors):
    strokes = {}
    for number, row in enumerate(rows):
        yield from _grounds(row, number, colors)
        for run in _runs(row):
            yield from (_text(part, number, _ink(run[0].look, colors)[0]) for part in _words(run))
        for cell in row:
            if cell.text in _STROKES:
                strokes.setdefault(_ink(cell.look, colors)[0], []).append(_stroke(cell, number))
    for color, drawn in strokes.items():
        yield f'<path stroke="{_hex(color)}" d="{"".join(drawn)}"/>'


def _runs(row):
    """Cells of one look, with neighbours; a wide glyph is alone, a blank ends no run."""
    for (look, wide), cells in itertools.groupby(row, lambda cell: (cell.look, cell.width != 1)):
        cells = list(cells)
        yield from ([cell] for cell in cells) if wide else [cells]


def _grounds(row, number, colors):
    for ground, cells in itertools.groupby(row, lambda cell: _ink(cell.look, colors)[1]):
        cells = list(cells)
        if ground != colors.background:
            yield _rect(cells[0].column, number, sum(cell.width for cell in cells), ground)


def _words(run):
    """The parts of a run that are written: without blanks around them and without lines of boxes."""
    part = []
    for cell in run:
        if cell.text in _STROKES:
            yield from _stripped(part)
            part = []
        else:
            part.append(cell)
    yield from _stripped(part)


def _stripped(part):
    if part and part[0].look.underline:
        yield part
        return
    while part and part[-1].text == " ":
        part.pop()
    while part and part[0].text == " ":
        part.pop(0)
    if part:
        yield part


def _text(part, number, ink):
    look, columns = part[0].look, sum(cell.width for cell in part)
    left, baseline = part[0].column * CELL, number * ROW + 14
    names = [name[0] for name in ("bold", "dim", "italic", "underline") if getattr(look, name)]
    if part[0].width != 1:
        names.append("w")
        place = f'x="{_n(left + columns * CELL / 2)}" y="{baseline}"'
    else:
        place = f'x="{_n(left)}" y="{baseline}" textLength="{_n(columns * CELL)}"'
    classes = f' class="{" ".join(names)}"' if names else ""
    return f'<text{classes} {place} fill="{_hex(ink)}">{escape("".join(cell.text for cell in part))}</text>'


# The ends of the lines of each glyph: to the left, right, up and down; rounded or not.
_STROKES = {"─": "lr", "│": "ud", "╭": "RD", "╮": "LD", "╰": "RU", "╯": "LU", "┌": "rd", "┐": "ld",
            "└": "ru", "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud"}


def _stroke(cell, number):
    """The glyph as an SVG path, in whole pixels and a half: sharp lines that meet those of the next cell."""
    left, right = _sharp(cell.column * CELL), _sharp((cell.column + 1) * CELL)
    middle, top = _sharp((cell.column + 0.5) * CELL), number * ROW
    center, bottom = top + ROW // 2 + 0.5, top + ROW
    ends = {"l": (left, center), "r": (right, center), "u": (middle, top), "d": (middle, bottom)}
    shape = _STROKES[cell.text]
    if shape.isupper():
        return _corner(ends[shape[0].lower()], ends[shape[1].lower()], (middle, center))
    return "".join(f"M{_n(middle)} {_n(center)}L{_n(ends[end][0])} {_n(ends[end][1])}" for end in shape)


def _corner(side, end, middle):
    """From the side, around the middle, to the upper or lower end."""
    near = middle[1] + (RADIUS if end[1] > middle[1] else -RADIUS)
    return (f"M{_n(side[0])} {_n(side[1])}Q{_n(middle[0])} {_n(middle[1])} {_n(middle[0])} {_n(near)}"
            f"L{_n(end[0])} {_n(end[1])}")


def _sharp(position):
    return int(position) + 0.5


def _ink(look, colors):
    ink, ground = look.foreground or colors.foreground, look.background or colors.background
    return (ground, ink) if look.reverse else (ink, ground)


def _rect(column, row, columns, color):
    return (f'<rect x="{_n(column * CELL)}" y="{row * ROW}" width="{_n(columns * CELL)}" height="{ROW}" '
            f'fill="{_hex(color)}"/>')


def _n(number):
    return f"{number:.1f}".removesuffix(".0")


def _hex(color):
    return "#" + "".join(f"{part:02x}" for part in color)
