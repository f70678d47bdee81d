#!/usr/bin/env python3
"""Writes docs/errors.md from yap/v1/errors.proto; with --check, fails where the page is not what the
contract says. Usage: proto/errors_doc.py [--check]"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "proto/yap/v1/errors.proto"
PAGE = ROOT / "docs/errors.md"
VALUE = re.compile(r"REASON_(\w+) = (\d+) \[\(code\) = (\w+)\];")

HEAD = """# Errors

Made from `proto/yap/v1/errors.proto` by `proto/errors_doc.py`; change that file, not this page.
What a client does with an error is in [api.md](api.md#errors). Under the codes INVALID_ARGUMENT,
UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION and
RESOURCE_EXHAUSTED this attempt stored nothing; under UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED and
INTERNAL that is unknown: retry with the same key.
"""
TABLE = "\n## {}\n\n| reason | code | what happened, what to do | metadata |\n|---|---|---|---|\n"


def row(reason: str, code: str, comment: str) -> str:
    text, _, metadata = comment.partition(" Metadata: ")
    keys = ", ".join(f"`{key}`" for key in metadata.rstrip(".").split(", ") if key)
    return f"| `{reason}` | {code} | {text} | {keys} |\n"


def page(contract: str) -> str:
    """A comment followed by an empty line is a heading, any other belongs to the next value."""
    out, comment = [HEAD], []
    for line in contract[contract.index("enum Reason {"):].splitlines():
        line = line.strip()
        if line.startswith("//"):
            comment.append(line[2:].strip())
        elif value := VALUE.fullmatch(line):
            out.append(row(value[1], value[3], " ".join(comment)))
            comment = []
        else:
            if not line and comment:
                out.append(TABLE.format(" ".join(comment).rstrip(".")))
            comment = []
    return "".join(out)


def main() -> int:
    wanted = page(CONTRACT.read_text(encoding="utf-8"))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print("docs/errors.md is not what errors.proto says: run proto/errors_doc.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
