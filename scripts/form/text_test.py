from form import text, tools
from form.fixture import FixtureTest


class TextTest(FixtureTest):

    def findings(self, line, path="src/base/a.cc"):
        return self.messages(text.check(self.tree({path: line})))

    def test_plain_text_passes(self):
        self.assertEqual(self.findings("int a = 1;  // todo lists are a feature\n"), [])

    def test_unfinished_work_fails(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"):
            self.assertIn("src/base/a.cc:1: holds", self.findings(f"// {word}: later\n")[0])

    def test_path_of_one_machine_fails(self):
        for path in ("/wo" + "rk/main", "/ro" + "ot/.ssh", "/ho" + "me/ann/yap", "/Us" + "ers/ann/yap"):
            self.assertIn("a path of one machine", self.findings(f"see {path}\n", "docs/a.md")[0])

    def test_relative_and_variable_paths_pass(self):
        self.assertEqual(self.findings("see ./work/a, $HOME/work/b, src/root/c\n", "docs/a.md"), [])

    def test_trailing_whitespace_fails_in_code_and_passes_in_prose(self):
        self.assertEqual(len(self.findings("int a; \n")), 1)
        self.assertEqual(self.findings("two spaces end a line  \n", "docs/a.md"), [])

    def test_missing_last_newline_fails(self):
        self.assertIn("newline", self.findings("int a;")[0])


class ToolsTest(FixtureTest):

    def test_unformatted_source_fails(self):
        files = {".clang-format": "BasedOnStyle: Google\n", "src/base/a.cc": "int  a ;\n",
                 "src/base/b.cc": "int b;\n"}
        found = self.messages(tools.check_format(self.tree(files)))
        self.assertEqual(found, ["src/base/a.cc: run clang-format-19 -i src/base/a.cc"])

    def test_shell_script_with_an_unquoted_variable_fails(self):
        files = {"scripts/a": "#!/usr/bin/env bash\nrm $1\n", "scripts/b.py": "rm = 1\n",
                 "scripts/c.sh": "#!/usr/bin/env bash\necho ok\n"}
        found = self.messages(tools.check_shell(self.tree(files)))
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("scripts/a:2: "), found[0])
