import json
import shutil
import unittest

from form import alone, headers
from form.fixture import FixtureTest


class HeadersTest(FixtureTest):

    def findings(self, files):
        return self.messages(headers.check(self.tree(files)))

    def test_own_header_first_passes(self):
        self.assertEqual(self.findings({"src/base/a.h": "#pragma once\n",
                                        "src/base/a.cc": '#include "base/a.h"\n#include <map>\n'}), [])

    def test_own_header_after_another_fails(self):
        found = self.findings({"src/base/a.h": "#pragma once\n",
                               "src/base/a.cc": '#include <map>\n#include "base/a.h"\n'})
        self.assertEqual(found, ["src/base/a.cc:1: must include its own header src/base/a.h "
                                 "before anything else"])

    def test_own_header_missing_fails(self):
        found = self.findings({"src/base/a.h": "#pragma once\n", "src/base/a.cc": "int a;\n"})
        self.assertEqual(len(found), 1)

    def test_header_without_pragma_once_fails(self):
        self.assertEqual(self.findings({"src/base/a.h": "// #pragma once\n"}),
                         ["src/base/a.h:1: lacks #pragma once"])

    def test_headers_that_no_source_includes_first_are_listed(self):
        tree = self.tree({"src/base/a.h": "", "src/base/b.h": "", "src/base/c.h": "",
                          "src/base/a.cc": '#include "base/a.h"\n#include "base/c.h"\n',
                          "src/base/b_test.cc": '#include "base/b.h"\n'})
        self.assertEqual(headers.first_nowhere(tree), ["src/base/c.h"])


@unittest.skipUnless(shutil.which("clang++-19"), "clang++-19 is not installed")
class AloneTest(FixtureTest):

    def findings(self, header):
        tree = self.tree({"src/base/a.cc": "int a;\n", "src/base/b.h": header})
        source = str(self.root / "src/base/a.cc")
        build = self.root / "build"
        build.mkdir(exist_ok=True)
        (build / "compile_commands.json").write_text(json.dumps([{
            "directory": str(build), "file": source,
            "command": f"ccache clang++-19 -std=c++23 -Wall -Werror -o a.o -c {source}"}]))
        return self.messages(alone.check(tree, build))

    def test_complete_header_passes(self):
        self.assertEqual(self.findings("#pragma once\n#include <cstdint>\nstd::uint8_t A();\n"), [])

    def test_header_that_needs_another_fails(self):
        found = self.findings("#pragma once\nstd::vector<int> A();\n")
        self.assertIn("src/base/b.h: does not compile on its own", found[0])

    def test_change_after_a_success_is_seen(self):
        self.assertEqual(self.findings("#pragma once\nint A();\n"), [])
        self.assertEqual(len(self.findings("#pragma once\nFoo A();\n")), 1)

    def test_missing_build_folder_says_what_to_do(self):
        found = self.messages(alone.check(self.tree({}), self.root / "none"))
        self.assertIn("scripts/build dev", found[0])
