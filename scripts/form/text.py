"""What no file of the tree may hold: unfinished-work marks, paths of one machine, stray whitespace."""

import re

from form.tree import Finding

# Written so that this file does not hold them itself.
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
_MACHINE = re.compile(r"(?<![\w.~$}/])/(work|root|home/\w+|Users/\w+)/")
_BINARY = (".png", ".gif", ".jpg", ".ico", ".pb", ".bin", ".db", ".seed")
_CODE = (".h", ".cc", ".py", ".sh", ".cmake", ".proto", ".toml", ".yaml", ".yml", ".txt")


def check(tree):
    findings = []
    for path in tree.paths:
        if not path.endswith(_BINARY) and "/corpus/" not in path:
            findings += _check_text(path, tree.text(path))
    return findings


def _check_text(path, text):
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        findings += [Finding(path, number, problem) for problem in _problems(path, line)]
    if text and not text.endswith("\n"):
        findings.append(Finding(path, 0, "does not end with a newline"))
    return findings


def _problems(path, line):
    if match := _UNFINISHED.search(line):
        yield f"holds '{match.group()}': finish it, or file an issue"
    if match := _MACHINE.search(line):
        yield f"holds '{match.group()}', a path of one machine"
    if path.endswith(_CODE) and line != line.rstrip():
        yield "ends in whitespace"
