import unittest
import xml.etree.ElementTree as xml

from picture.cells import rows_of
from picture.svg import BAR, CELL, PADDING, ROW, picture

SVG = "{http://www.w3.org/2000/svg}"


def screen(text, **options):
    """The group with the screen."""
    return xml.fromstring(picture(rows_of(text), 20, "a title", **options)).find(f"{SVG}g")


class PictureTest(unittest.TestCase):
    def test_is_as_large_as_its_cells(self):
        root = xml.fromstring(picture(rows_of("a\nb"), 20, "<a title>"))
        self.assertEqual(root.get("width"), str(round(20 * CELL + 2 * PADDING)))
        self.assertGreaterEqual(int(root.get("height")), BAR + 2 * ROW)
        self.assertEqual(root.get("aria-label"), "<a title>")

    def test_a_run_is_stretched_to_its_columns(self):
        text, = screen("  a & b  ").findall(f"{SVG}text")
        self.assertEqual((text.text, text.get("x"), text.get("textLength")), ("a & b", "16.8", "42"))

    def test_a_wide_glyph_is_in_the_middle_of_its_columns(self):
        glyph, behind = screen("先b").findall(f"{SVG}text")
        self.assertEqual((glyph.get("class"), glyph.get("x"), glyph.get("textLength")), ("w", "8.4", None))
        self.assertEqual(behind.get("x"), "16.8")

    def test_reverse_exchanges_the_colors(self):
        group = screen("\x1b[7;38;2;255;0;0mab")
        self.assertEqual(group.find(f"{SVG}rect").get("fill"), "#ff0000")
        self.assertEqual(group.find(f"{SVG}text").get("fill"), "#1e1e1e")

    def test_lines_of_boxes_are_drawn_and_meet(self):
        group = screen("╭─╮\n│ │\n╰─╯")
        self.assertIsNone(group.find(f"{SVG}text"))
        path, = group.findall(f"{SVG}path")
        self.assertIn("M4.5 28.5L4.5 19", path.get("d"))  # │ begins where ╭ ends.
        self.assertIn("L4.5 19", path.get("d").split("M")[1])

    def test_the_cursor_is_a_block_behind_its_glyph(self):
        group = screen("ab", cursor=(1, 0))
        rect, (_, glyph) = group.find(f"{SVG}rect"), group.findall(f"{SVG}text")
        self.assertEqual((rect.get("x"), rect.get("fill")), ("8.4", "#aeafad"))
        self.assertEqual((glyph.text, glyph.get("fill")), ("b", "#1e1e1e"))
        self.assertIsNotNone(screen("", cursor=(0, 0)).find(f"{SVG}rect"))


if __name__ == "__main__":
    unittest.main()
