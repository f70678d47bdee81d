from form import lengths
from form.fixture import FixtureTest


def _function(name, lines):
    return f"void {name}() {{\n" + "  Go();\n" * (lines - 2) + "}\n"


class LengthsTest(FixtureTest):

    def findings(self, ratchet, **sources):
        files = {f"src/base/{name}.cc": text for name, text in sources.items()}
        if ratchet:
            files[lengths.RATCHET] = ratchet
        return self.messages(lengths.check(self.tree(files)))

    def test_seventy_lines_pass_and_seventy_one_fail(self):
        self.assertEqual(self.findings("", a=_function("F", 70)), [])
        found = self.findings("", a="\n" + _function("F", 71))
        self.assertEqual(found, ["src/base/a.cc:2: F has 71 lines, 70 allowed: make two of it"])

    def test_listed_function_may_stay_but_not_grow(self):
        entry = "function src/base/a.cc F 90\n"
        self.assertEqual(self.findings(entry, a=_function("F", 90)), [])
        self.assertIn("F has 91 lines, 90 allowed", self.findings(entry, a=_function("F", 91))[0])

    def test_entry_must_follow_a_function_that_shrank(self):
        entry = "function src/base/a.cc F 90\n"
        self.assertIn("lower it to 80", self.findings(entry, a=_function("F", 80))[0])
        self.assertIn("remove the line", self.findings(entry, a=_function("F", 60))[0])

    def test_entry_of_a_function_that_is_gone_fails(self):
        found = self.findings("# why\nfunction src/base/a.cc F 90\n", a="\n")
        self.assertEqual(found, [f"{lengths.RATCHET}:2: 'function src/base/a.cc F' is gone: remove the line"])

    def test_longest_of_overloads_counts(self):
        text = _function("F", 75) + _function("F", 10)
        self.assertIn("F has 75 lines", self.findings("", a=text)[0])

    def test_file_over_five_hundred_lines_fails_and_can_be_listed(self):
        text = "// line\n" * 501
        self.assertIn("src/base/a.cc has 501 lines, 500 allowed", self.findings("", a=text)[0])
        self.assertEqual(self.findings("file src/base/a.cc 501\n", a=text), [])

    def test_garbled_entry_fails(self):
        self.assertIn("is not 'file PATH N'", self.findings("src/base/a.cc F\n", a="\n")[0])
