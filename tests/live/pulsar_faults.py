"""The bus while its broker is hurt: pulsar_faults.py BUS_PROBE [unittest options].

YAP_TEST_PULSAR         pulsar://host:port of a broker of our own
YAP_TEST_PULSAR_ADMIN   http://host:port of its admin API; without it no topic is unloaded
YAP_TEST_PULSAR_KILL    a command that ends it with kill -9, and one that starts it again with its
YAP_TEST_PULSAR_START   data, returning when it is ready; without them it is not killed
Exit 77: skipped."""

import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request

URL = os.environ.get("YAP_TEST_PULSAR")
ADMIN = os.environ.get("YAP_TEST_PULSAR_ADMIN")
KILL = os.environ.get("YAP_TEST_PULSAR_KILL")
START = os.environ.get("YAP_TEST_PULSAR_START")
TOPICS = 4
BACK_SECONDS_MAX = 10


def command(text):
    subprocess.run(text, shell=True, check=True, timeout=180, stdout=subprocess.DEVNULL)


class Probe:
    """A bus_probe that runs; its lines with when they were written."""

    def __init__(self, *options, seconds):
        self.prefix = f"fault-{os.getpid()}-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [PROGRAM, "--url", URL, "--prefix", self.prefix, "--count", str(TOPICS), "--seconds",
             str(seconds), *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def line(self):
        return json.loads(self.process.stdout.readline())

    def until(self, condition):
        while True:
            line = self.line()
            if "published" in line:
                raise AssertionError(f"it ended before: {line}")
            if condition(line):
                return line

    def summary(self):
        lines = self.process.stdout.read().splitlines()
        self.process.wait(timeout=60)
        return json.loads(lines[-1])

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def unload(self, kind="persistent"):
        for i in range(TOPICS):
            request = urllib.request.Request(
                f"{ADMIN}/admin/v2/{kind}/public/default/{self.prefix}-{i}/unload", method="PUT")
            urllib.request.urlopen(request, timeout=20).close()


class PulsarFaults(unittest.TestCase):
    def probe(self, *options, seconds):
        probe = Probe(*options, seconds=seconds)
        self.addCleanup(probe.stop)
        return probe

    def whole(self, summary):
        """Nothing is missing without a head or a later event that tells of it."""
        print(self.id().split(".")[-1], json.dumps(summary))
        self.assertEqual(summary["lost_tails"], 0)
        self.assertLess(summary["publish_max_ms"], 250, "Publish blocked its caller")

    @unittest.skipUnless(ADMIN, "set YAP_TEST_PULSAR_ADMIN=http://host:port")
    def test_topics_that_are_unloaded_lose_nothing(self):
        probe = self.probe("--rate", "300", seconds=14)
        for _ in range(3):
            probe.until(lambda line: line["events"] > 0)
            probe.line()
            probe.unload()
        summary = probe.summary()
        self.whole(summary)
        self.assertEqual(summary["events"], summary["published"])
        self.assertEqual(summary["overtaken"], 0)

    @unittest.skipUnless(KILL and START, "set YAP_TEST_PULSAR_KILL and YAP_TEST_PULSAR_START")
    def test_a_broker_that_is_killed_is_found_again(self):
        probe = self.probe("--settle", "12", seconds=60)
        probe.until(lambda line: line["events"] > 100)
        command(KILL)
        for _ in range(6):
            probe.line()
        command(START)
        self.back(probe, time.time())
        self.whole(probe.summary())

    @unittest.skipUnless(KILL and START, "set YAP_TEST_PULSAR_KILL and YAP_TEST_PULSAR_START")
    def test_a_broker_that_is_away_at_the_start_is_found_when_it_comes(self):
        command(KILL)
        probe = self.probe("--ready", "0", "--settle", "12", seconds=60)
        for _ in range(3):
            self.assertEqual(probe.line()["events"], 0)
        command(START)
        self.back(probe, time.time())
        summary = probe.summary()
        self.whole(summary)
        self.assertGreater(summary["began_anew"], 0)

    def back(self, probe, since):
        """Events come again, soon after the broker did."""
        before = None
        while True:
            line = probe.line()
            if before is not None and line["consuming"] and line["events"] > before:
                break
            before = line["events"]
            self.assertLess(line["at"] - since, BACK_SECONDS_MAX)
        print(f"back {line['at'] - since:.1f} s after the broker")


if __name__ == "__main__":
    if not URL:
        print("skipped: set YAP_TEST_PULSAR=pulsar://host:port, and see " + __file__)
        sys.exit(77)
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
