"""JUnit XML, the one form in which every suite of scripts/test leaves its results."""

import argparse
import dataclasses
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

OUTPUT_CHARS_MAX = 8000  # of one failure on the screen; the XML keeps all


@dataclasses.dataclass(frozen=True)
class Case:
    suite: str
    name: str
    outcome: str  # 'passed', 'failed' or 'skipped'
    output: str = ""


def write(path, suite, cases):
    """Writes the cases of one suite."""
    root = ElementTree.Element("testsuite", name=suite, tests=str(len(cases)))
    for case in cases:
        node = ElementTree.SubElement(root, "testcase", classname=suite, name=case.name)
        if case.outcome == "failed":
            ElementTree.SubElement(node, "failure", message="failed").text = _printable(case.output)
        elif case.outcome == "skipped":
            ElementTree.SubElement(node, "skipped", message=_printable(case.output))
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _printable(text):
    return "".join(c if c in "\n\t" or c >= " " else "\N{REPLACEMENT CHARACTER}" for c in text)


def read(path):
    """The cases of a file by ctest, pytest, GoogleTest or write(); a file that holds none of them,
    or cannot be read, is one failed case."""
    path = pathlib.Path(path)
    try:
        nodes = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        return [Case(path.stem, "results", "failed", f"no readable results in {path.name}: {error}")]
    if not nodes:
        return [Case(path.stem, "results", "failed", "no test ran")]
    return [_case(path.stem, node) for node in nodes]


def _case(suite, node):
    for tag in ("failure", "error"):
        if (found := node.find(tag)) is not None:
            return Case(suite, node.get("name"), "failed", _output(node, found))
    if node.find("skipped") is not None or node.get("status") == "disabled":
        return Case(suite, node.get("name"), _skip_outcome(node), _output(node, node.find("skipped")))
    return Case(suite, node.get("name"), "passed")


def _skip_outcome(node):
    """ctest writes a test whose program is missing as skipped too."""
    skipped = node.find("skipped")
    message = skipped.get("message", "") if skipped is not None else ""
    return "failed" if "Unable to find executable" in message else "skipped"


def _output(node, found):
    parts = [found.get("message") or "", found.text or ""] if found is not None else []
    parts += [(node.findtext(tag) or "") for tag in ("system-out", "system-err")]
    text = "\n".join(part.strip() for part in parts if part.strip())
    return text or f"no output in {node.get('time', '?')} s: ended by a signal or its time-out"


def report(paths, out):
    """Prints each failure with its output, then one line of sums; returns the exit status."""
    cases = [case for path in paths for case in read(path)]
    failed = [case for case in cases if case.outcome == "failed"]
    skipped = [case for case in cases if case.outcome == "skipped"]
    for case in failed:
        print(f"\n--- FAILED {case.suite}: {case.name}\n{case.output[-OUTPUT_CHARS_MAX:]}", file=out)
    for case in skipped:
        print(f"skipped {case.suite}: {case.name} {case.output[:200]}".rstrip(), file=out)
    print(file=out)
    for suite in dict.fromkeys(case.suite for case in cases):
        good, bad, left = (_count(cases, suite, kind) for kind in ("passed", "failed", "skipped"))
        print(f"{suite:<8} {good:>5} ok {bad:>4} failed {left:>4} skipped", file=out)
    passed = len(cases) - len(failed) - len(skipped)
    tail = f", {len(skipped)} skipped" if skipped else ""
    print(f"\n{passed} passed, {len(failed)} failed{tail}", file=out)
    return 0 if passed and not failed else 1


def _count(cases, suite, outcome):
    return sum(case.suite == suite and case.outcome == outcome for case in cases)


def main(arguments):
    parser = argparse.ArgumentParser(prog="junit")
    commands = parser.add_subparsers(dest="command", required=True)
    fail = commands.add_parser("fail", help="write results of one failed case, its output from stdin")
    fail.add_argument("file")
    fail.add_argument("name")
    done = commands.add_parser("pass", help="write results of one passed case")
    done.add_argument("file")
    done.add_argument("name")
    sums = commands.add_parser("report", help="print failures and the closing line")
    sums.add_argument("files", nargs="*")
    options = parser.parse_args(arguments)
    if options.command == "report":
        return report(options.files, sys.stdout)
    suite = pathlib.Path(options.file).stem
    failed = options.command == "fail"
    output = sys.stdin.read() if failed else ""
    write(options.file, suite, [Case(suite, options.name, "failed" if failed else "passed", output)])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
