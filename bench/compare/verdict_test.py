import pathlib
import tomllib
import unittest

from compare import verdict
from compare.servers import SERVERS
from compare.shapes import SHAPES
from compare.verdict import BROKEN, OK, UNDECIDED, Bound


def _run(rate, other=0.0, **more):
    return {"deliveries_per_second": rate, "other_cores": other, **more}


_FASTER = Bound("fanout-256", "deliveries_per_second", "nats", at_least=1.0)


class JudgeTest(unittest.TestCase):

    def test_ratio_is_that_of_the_medians(self):
        runs = {"yap": [_run(10), _run(40), _run(20)], "nats": [_run(5), _run(10), _run(1)]}
        self.assertEqual(verdict.judge(_FASTER, runs), (OK, 4.0))

    def test_ratio_below_the_bound_is_broken(self):
        runs = {"yap": [_run(9)], "nats": [_run(10)]}
        self.assertEqual(verdict.judge(_FASTER, runs), (BROKEN, 0.9))

    def test_upper_bound_is_broken_from_above(self):
        bound = Bound("fanout-256", "server_cpu_ns_per_delivery", "nats", at_most=0.5)
        runs = {"yap": [_run(1, server_cpu_ns_per_delivery=60)],
                "nats": [_run(1, server_cpu_ns_per_delivery=100)]}
        self.assertEqual(verdict.judge(bound, runs)[0], BROKEN)
        runs["yap"][0]["server_cpu_ns_per_delivery"] = 50
        self.assertEqual(verdict.judge(bound, runs)[0], OK)

    def test_one_disturbed_run_leaves_it_undecided_whatever_the_ratio(self):
        for rate in (1, 100):
            runs = {"yap": [_run(rate), _run(rate, other=0.31)], "nats": [_run(10)]}
            self.assertEqual(verdict.judge(_FASTER, runs)[0], UNDECIDED)

    def test_disturbance_of_a_third_system_does_not_matter(self):
        runs = {"yap": [_run(20)], "nats": [_run(10)], "redis": [_run(1, other=1.5)]}
        self.assertEqual(verdict.judge(_FASTER, runs)[0], OK)

    def test_bound_without_a_peer_is_that_of_yaps_own_median(self):
        bound = Bound("connect", "resident_bytes_per_subscriber", at_most=12)
        runs = {"yap": [_run(1, resident_bytes_per_subscriber=value) for value in (10, 12, 90)]}
        self.assertEqual(verdict.judge(bound, runs), (OK, 12))
        runs["yap"][0]["resident_bytes_per_subscriber"] = 13
        self.assertEqual(verdict.judge(bound, runs), (BROKEN, 13))
        runs["yap"][0]["other_cores"] = 0.4
        self.assertEqual(verdict.judge(bound, runs)[0], UNDECIDED)
        self.assertEqual(verdict.judge(bound, {"yap": []}), (UNDECIDED, None))

    def test_without_runs_of_the_peer_it_is_undecided(self):
        self.assertEqual(verdict.judge(_FASTER, {"yap": [_run(20)]}), (UNDECIDED, None))
        self.assertEqual(verdict.judge(_FASTER, {"yap": [_run(20)], "nats": [_run(0)]}),
                         (UNDECIDED, None))


class BoundsTest(unittest.TestCase):

    def test_entry_becomes_a_bound(self):
        entry = {"shape": "fanout-256", "measure": "deliveries_per_second", "peer": "nats", "at_least": 1.0}
        self.assertEqual(verdict.read_bounds({"bound": [entry]}), [_FASTER])

    def test_entry_with_both_limits_none_or_a_wrong_key_is_refused(self):
        entry = {"shape": "s", "measure": "m", "peer": "nats"}
        for wrong in (entry, {**entry, "at_least": 1, "at_most": 2}, {**entry, "atleast": 1, "at_most": 2}):
            with self.assertRaises(ValueError):
                verdict.read_bounds({"bound": [wrong]})


class FilesTest(unittest.TestCase):

    def test_every_bound_is_of_a_shape_its_systems_and_a_measure(self):
        table = tomllib.loads((pathlib.Path(__file__).parent.parent / "bounds.toml").read_text())
        for bound in verdict.read_bounds(table):
            shape = SHAPES[bound.shape]
            self.assertIn(bound.measure, verdict.COLUMNS, bound)
            self.assertIn(bound.peer or "yap", shape.systems, bound)

    def test_every_shape_has_columns_that_can_be_written_and_servers_that_there_are(self):
        for name, shape in SHAPES.items():
            self.assertLessEqual(set(shape.columns), set(verdict.COLUMNS), name)
            self.assertLessEqual(set(shape.systems), set(SERVERS), name)


class TableTest(unittest.TestCase):

    def test_first_column_has_its_range_and_the_ratio_to_each_peer(self):
        runs = {"yap": [_run(30), _run(2000, other=0.2), _run(40)], "nats": [_run(10)]}
        lines = verdict.table(runs, ("deliveries_per_second", "latency_p50_us")).splitlines()
        self.assertEqual(lines[2], "| yap | 40 |  | 30–2,000 | 0.20 |  |")
        self.assertEqual(lines[3], "| nats | 10 |  | 10–10 | 0.00 | 4.00 |")


if __name__ == "__main__":
    unittest.main()
