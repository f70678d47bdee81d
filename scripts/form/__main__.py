"""scripts/check: runs the form checks and prints what they find. See --help."""

import argparse
import pathlib
import sys
import unittest

from form import alone, headers, junit, layers, lengths, links, text, tools
from form.tree import Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKS = {
    "layers": (layers.check, "includes keep to cmake/layers.toml, and docs/architecture.md shows it"),
    "lengths": (lengths.check, "functions over 70 lines and files over 500 do not grow"),
    "headers": (headers.check, "a source includes its own header first"),
    "text": (text.check, "no unfinished-work marks, machine paths or stray whitespace"),
    "limits": (tools.check_limits, "docs/limits.md says what the code says"),
    "links": (links.check, "links between pages lead somewhere"),
    "format": (tools.check_format, "clang-format-19 and rustfmt would change nothing"),
    "shell": (tools.check_shell, "shellcheck has nothing to say"),
}


def main():
    options = _options()
    if options.write:
        layers.write(Tree(ROOT))
        return 0
    if options.build:
        cases = [_run("alone", lambda tree: alone.check(tree, options.build), Tree(ROOT))]
    else:
        tree = Tree(ROOT)
        cases = [_run(name, CHECKS[name][0], tree) for name in options.checks or CHECKS]
    if options.self_test:
        cases += _self_test()
    if options.junit:
        junit.write(options.junit, "form", cases)
    return 1 if any(case.outcome == "failed" for case in cases) else 0


def _options():
    listing = "\n".join(f"  {name:<9}{what}" for name, (_, what) in CHECKS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/check", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Checks the form of the tree; all checks, or those named:\n{listing}")
    parser.add_argument("checks", nargs="*", metavar="CHECK",
                        help="which to run; none named: all")
    parser.add_argument("--alone", dest="build", metavar="BUILD_DIR",
                        help="instead: compile the headers that no source includes first")
    parser.add_argument("--self-test", action="store_true", help="run the tests of the checks and of scripts/backends as well")
    parser.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML too")
    parser.add_argument("--write", action="store_true",
                        help="instead: rewrite the table in docs/architecture.md from cmake/layers.toml")
    options = parser.parse_args()
    if unknown := set(options.checks) - set(CHECKS):
        parser.error(f"no check is called {', '.join(sorted(unknown))}")
    return options


def _run(name, check, tree):
    findings = check(tree)
    for finding in findings:
        print(finding)
    print(f"{name}: {f'{len(findings)} to mend' if findings else 'ok'}")
    outcome = "failed" if findings else "passed"
    return junit.Case("form", name, outcome, "\n".join(map(str, findings)))


class _Recorder(unittest.TextTestResult):
    """Keeps a Case for every test of the checks themselves."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.cases.append(junit.Case("form", test.id(), "passed"))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.cases.append(junit.Case("form", test.id(), "failed", self.failures[-1][1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.cases.append(junit.Case("form", test.id(), "failed", self.errors[-1][1]))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.cases.append(junit.Case("form", test.id(), "skipped", reason))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.cases.append(junit.Case("form", subtest.id(), "failed", str(err[1])))


def _self_test():
    suite = unittest.TestSuite()
    for package in (ROOT / "scripts/form", ROOT / "scripts/lib/backends", ROOT / "scripts/lib/picture"):
        suite.addTests(unittest.TestLoader().discover(str(package), "*_test.py", str(package.parent)))
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=_Recorder, verbosity=0)
    return runner.run(suite).cases


if __name__ == "__main__":
    sys.exit(main())
