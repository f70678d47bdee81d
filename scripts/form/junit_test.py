import io

from form import junit
from form.fixture import FixtureTest

CTEST = """<?xml version="1.0"?><testsuite name="Linux" tests="3">
<testcase name="A.Passes" classname="A.Passes" status="run"><system-out>x</system-out></testcase>
<testcase name="A.Fails" classname="A.Fails" status="fail"><failure message="Failed"/>
<system-out>expected 1</system-out></testcase>
<testcase name="a_test_NOT_BUILT" classname="a" status="notrun">
<skipped message="Unable to find executable: a_test_NOT_BUILT"/></testcase></testsuite>
"""
PYTEST = """<testsuites><testsuite name="pytest"><testcase classname="t" name="ok"/>
<testcase classname="t" name="broken"><error message="boom">trace</error></testcase>
<testcase classname="t" name="later"><skipped message="no server"/></testcase></testsuite></testsuites>
"""


class JUnitTest(FixtureTest):

    def report(self, **files):
        self.tree({f"{name}.xml": text for name, text in files.items()})
        out = io.StringIO()
        status = junit.report([self.root / f"{name}.xml" for name in files], out)
        return status, out.getvalue()

    def test_sums_run_over_all_files_and_failures_show_their_output(self):
        status, text = self.report(unit=CTEST, python=PYTEST)
        self.assertEqual(status, 1)
        self.assertEqual(text.splitlines()[-1], "2 passed, 3 failed, 1 skipped")
        self.assertIn("--- FAILED unit: A.Fails", text)
        self.assertIn("expected 1", text)
        self.assertIn("boom", text)

    def test_test_whose_program_is_missing_has_failed(self):
        cases = {case.name: case.outcome for case in junit.read(self._file(CTEST))}
        self.assertEqual(cases["a_test_NOT_BUILT"], "failed")

    def _file(self, text):
        self.tree({"unit.xml": text})
        return self.root / "unit.xml"

    def test_all_passed_is_success(self):
        status, text = self.report(unit='<testsuite><testcase name="a"/></testsuite>')
        self.assertEqual((status, text.splitlines()[-1]), (0, "1 passed, 0 failed"))

    def test_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.report(unit="<testsuite/>")[0], 1)
        self.assertEqual(junit.report([], io.StringIO()), 1)

    def test_missing_or_broken_results_are_a_failure(self):
        self.assertEqual(junit.read(self.root / "none.xml")[0].outcome, "failed")
        self.assertEqual(junit.read(self._file("<testsuite"))[0].outcome, "failed")

    def test_written_results_read_back(self):
        cases = [junit.Case("form", "a", "passed"), junit.Case("form", "b", "failed", "why\x1b[0m"),
                 junit.Case("form", "c", "skipped", "not here")]
        junit.write(self.root / "build/form.xml", "form", cases)
        back = junit.read(self.root / "build/form.xml")
        self.assertEqual([case.outcome for case in back], ["passed", "failed", "skipped"])
        self.assertIn("why", back[1].output)
