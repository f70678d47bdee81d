import unittest

from compare import verdict
from compare.verdict import BROKEN, OK, UNDECIDED, Bound


def _run(rate, other=0.0, **more):
    run = dict.fromkeys(("messages_per_second", "acknowledgements_per_second", "latency_p50_us",
                         "latency_p99_us", "server_cpu_ns_per_delivery",
                         "resident_bytes_per_subscriber", "server_cores", "client_cores"), 1.0)
    return {**run, "deliveries_per_second": rate, "other_cores": other, **more}


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


class TableTest(unittest.TestCase):

    def test_peers_lines_hold_the_ratios(self):
        lines = verdict.table({"yap": [_run(30)], "nats": [_run(10)]}).splitlines()
        self.assertTrue(lines[2].startswith("| yap | 30 |"))
        self.assertTrue(lines[3].endswith("| 3.00 | 1.00 |"))


if __name__ == "__main__":
    unittest.main()
