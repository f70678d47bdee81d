import unittest
import xml.etree.ElementTree as ElementTree

from compare import chart

_SVG = "{http://www.w3.org/2000/svg}"


class TicksTest(unittest.TestCase):

    def test_ticks_enclose_the_values(self):
        self.assertEqual(chart.ticks(30, 450), [20, 50, 100, 200, 500])
        self.assertEqual(chart.ticks(10, 10), [10])

    def test_many_decades_have_one_tick_each(self):
        self.assertEqual(chart.ticks(1, 10000), [1, 10, 100, 1000, 10000])

    def test_large_numbers_are_short(self):
        self.assertEqual([chart.short(value) for value in (7, 1500, 2e6)], ["7", "1.5 k", "2 M"])


class PictureTest(unittest.TestCase):

    def setUp(self):
        lines = {"yap": [(1, 100), (10, 1000)], "a < b": [(1, 100), (10, 990)]}
        self.svg = ElementTree.fromstring(chart.picture([chart.Panel("fast & good", "subscribers", lines)] * 2))

    def test_every_panel_has_a_line_and_a_label_per_name(self):
        self.assertEqual(len(self.svg.findall(f".//{_SVG}polyline")), 4)
        texts = [text.text for text in self.svg.iter(f"{_SVG}text")]
        self.assertEqual((texts.count("a < b"), texts.count("fast & good")), (2, 2))

    def test_higher_values_are_higher_and_further_to_the_right(self):
        first, last = (tuple(map(float, point.split(",")))
                       for point in self.svg.find(f".//{_SVG}polyline").get("points").split())
        self.assertLess(first[0], last[0])
        self.assertGreater(first[1], last[1])

    def test_labels_of_lines_that_end_together_do_not_overlap(self):
        heights = {text.text: float(text.get("y")) for text in self.svg.iter(f"{_SVG}text")}
        self.assertGreaterEqual(abs(heights["yap"] - heights["a < b"]), 13)


if __name__ == "__main__":
    unittest.main()
