"""The length ratchet: functions over 70 lines and files over 500 may shrink, never grow.

What is over the limit today stands in scripts/form/ratchet.txt with its size. An entry that is too
high for the tree is a finding as well, so the list only ever goes down.
"""

from form import cxx
from form.tree import Finding

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
RATCHET = "scripts/form/ratchet.txt"
_SUFFIXES = (".h", ".cc", ".py", ".sh", ".proto", ".rs")


def check(tree):
    listed, findings = _ratchet(tree)
    for key, (path, line, lines, limit) in sorted(_measure(tree).items()):
        findings += _judge(key, path, line, lines, limit, listed.pop(key, None))
    for key, (line, _) in listed.items():
        findings.append(Finding(RATCHET, line, f"'{key}' is gone: remove the line"))
    return findings


def _judge(key, path, line, lines, limit, entry):
    allowed = entry[1] if entry else limit
    if lines > allowed:
        return [Finding(path, line, f"{key.split(' ', 2)[-1]} has {lines} lines, {allowed} allowed: "
                        "make two of it")]
    if entry and lines < allowed:
        better = "remove the line" if lines <= limit else f"lower it to {lines}"
        return [Finding(RATCHET, entry[0], f"'{key}' has {lines} lines now: {better}")]
    return []


def _measure(tree):
    """key → (path, line, lines, limit) of every function and file; of namesakes, the longest."""
    sizes = {}
    for path in tree.with_suffix(*_SUFFIXES):
        sizes[f"file {path}"] = (path, 0, tree.text(path).count("\n"), FILE_LINES_MAX)
    for path in tree.cxx():
        for function in cxx.functions(tree.text(path)):
            key = f"function {path} {function.name}"
            if function.lines > sizes.get(key, (0, 0, 0))[2]:
                sizes[key] = (path, function.line, function.lines, FUNCTION_LINES_MAX)
    return sizes


def _ratchet(tree):
    """key → (line, lines) of the list, and findings for lines that are none."""
    listed, findings = {}, []
    text = tree.text(RATCHET) if tree.exists(RATCHET) else ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, _, lines = line.strip().rpartition(" ")
        if lines.isdigit() and key.startswith(("file ", "function ")):
            listed[key] = (number, int(lines))
        else:
            findings.append(Finding(RATCHET, number, "is not 'file PATH N' or 'function PATH NAME N'"))
    return listed, findings
