import unittest

from picture.cells import Look, rows_of


def places(text):
    return [(cell.text, cell.column, cell.width) for cell in rows_of(text)[0]]


class CellsTest(unittest.TestCase):
    def test_a_wide_glyph_has_two_columns(self):
        self.assertEqual(places("a先b"), [("a", 0, 1), ("先", 1, 2), ("b", 3, 1)])

    def test_a_cluster_is_one_cell(self):
        self.assertEqual(places("e\u0301x"), [("e\u0301", 0, 1), ("x", 1, 1)])
        self.assertEqual(places("👨\u200d👩\u200d👧x"), [("👨\u200d👩\u200d👧", 0, 2), ("x", 2, 1)])
        self.assertEqual(places("❤\ufe0fx"), [("❤\ufe0f", 0, 2), ("x", 2, 1)])
        self.assertEqual(places("🇳🇱🇯🇵"), [("🇳🇱", 0, 2), ("🇯🇵", 2, 2)])

    def test_looks_come_and_go(self):
        row = rows_of("\x1b[1;38;2;1;2;3ma\x1b[22;7mb\x1b[0mc\x1b[2;48;5;232md\x1b[49me")[0]
        self.assertEqual([cell.look for cell in row],
                         [Look((1, 2, 3), bold=True), Look((1, 2, 3), reverse=True), Look(),
                          Look(background=(8, 8, 8), dim=True), Look(dim=True)])

    def test_colors_by_number(self):
        row = rows_of("\x1b[31ma\x1b[92mb\x1b[38;5;196mc\x1b[39md\x1b[44me")[0]
        self.assertEqual([cell.look.foreground for cell in row],
                         [(205, 0, 0), (0, 255, 0), (255, 0, 0), None, None])
        self.assertEqual(row[-1].look.background, (0, 0, 238))

    def test_a_look_goes_on_in_the_next_line(self):
        self.assertTrue(rows_of("\x1b[1ma\nb")[1][0].look.bold)


if __name__ == "__main__":
    unittest.main()
