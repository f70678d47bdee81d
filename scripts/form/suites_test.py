"""scripts/test in a copy of the scripts whose build, ctest and deps are pretended."""

import os
import pathlib
import shutil
import subprocess
import time

from form.fixture import FixtureTest

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
CTEST_THAT_PASSES = """while [ "$1" != --output-junit ]; do shift; done
echo '<testsuite><testcase name="A.b"/><testcase name="A.c"/></testsuite>' >"$2"
"""


def _within(seconds, happened):
    """Whether `happened` comes true in that time, asked every 20 ms."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class SuitesTest(FixtureTest):

    def setUp(self):
        super().setUp()
        ignored = shutil.ignore_patterns("__pycache__", "*_test.py")
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=ignored)
        self.program("scripts/deps", "")
        self.program("scripts/build", "")
        self.program("bin/ctest", CTEST_THAT_PASSES)

    def program(self, path, body):
        self.tree({path: f"#!/bin/sh\n{body}\n"})
        (self.root / path).chmod(0o755)

    def run_test(self, *suites):
        return subprocess.run(
            [self.root / "scripts/test", *suites], capture_output=True, text=True, timeout=60,
            check=False, env={"PATH": f"{self.root}/bin:/usr/bin:/bin:{os.environ['PATH']}"})

    def test_passing_suite_is_counted_and_exits_zero(self):
        done = self.run_test("unit")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], "2 passed, 0 failed")

    def test_suites_add_up(self):
        self.assertEqual(self.run_test("unit", "sim").stdout.splitlines()[-1], "4 passed, 0 failed")

    def test_build_that_fails_is_a_failed_case_with_its_errors(self):
        self.program("scripts/build", "echo 'a.cc:1:2: error: no such thing'; exit 1")
        done = self.run_test("unit")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a.cc:1:2: error: no such thing", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 1 failed")

    def test_ctest_without_results_is_a_failed_case(self):
        self.program("bin/ctest", "echo 'No tests were found!!!'; exit 8")
        done = self.run_test("sim")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No tests were found", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 1 failed")

    def test_results_of_an_earlier_run_do_not_count(self):
        self.assertEqual(self.run_test("unit").returncode, 0)
        self.program("bin/ctest", "exit 1")
        self.assertEqual(self.run_test("unit").stdout.splitlines()[-1], "0 passed, 1 failed")

    def test_missing_python_tests_are_a_failed_case(self):
        done = self.run_test("python")
        self.assertIn("there is no tests/python/requirements.txt", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 1 failed")

    def test_command_that_hangs_is_stopped_at_its_limit(self):
        script = ". scripts/lib/common.sh; run_logged slow 1 sleep 30"
        done = subprocess.run(["bash", "-c", script], cwd=self.root, capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual(done.returncode, 124)
        self.assertIn("stopped after its limit of 1 s", done.stdout)

    def test_stopped_script_ends_what_it_started(self):
        script = ". scripts/lib/common.sh; run_logged slow 60 sh -c 'echo $$ >pid; exec sleep 61'"
        runner = subprocess.Popen(["bash", "-c", script], cwd=self.root, stdout=subprocess.DEVNULL)
        self.assertTrue(_within(10, lambda: (self.root / "pid").is_file()
                                and (self.root / "pid").read_text().strip()))
        child = int((self.root / "pid").read_text())
        runner.terminate()
        self.assertEqual(runner.wait(10), 130)
        self.assertTrue(_within(10, lambda: not pathlib.Path(f"/proc/{child}").exists()))

    def test_unknown_suite_is_an_error_that_lists_them(self):
        done = self.run_test("units")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no suite is called 'units'", done.stderr)
        self.assertIn("asan", done.stderr)
