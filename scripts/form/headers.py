"""Headers stand alone: a source includes its own first, and every header starts with #pragma once.

A header that is first in no source is compiled alone by form/alone.py, which needs a build folder.
"""

import posixpath

from form import cxx
from form.tree import Finding

# Where a quoted or angled include is looked for, besides the folder of the file itself.
_ROOTS = ("src/", "tests/", "bench/", "")


def check(tree):
    findings = []
    for path in tree.with_suffix(".cc"):
        own = path[:-3] + ".h"
        if tree.exists(own):
            findings += _check_own_first(tree, path, own)
    for path in tree.with_suffix(".h"):
        if _under_src(path) and "#pragma once" not in _directives(tree.text(path)):
            findings.append(Finding(path, 1, "lacks #pragma once"))
    return findings


def _under_src(path):
    return path.startswith(("src/", "tests/", "bench/"))


def _directives(text):
    """The directives of a file, one a line, without comments."""
    return "\n".join(line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))


def _check_own_first(tree, path, own):
    found = cxx.includes(tree.text(path))
    if found and resolve(tree, path, found[0]) == own:
        return []
    line = found[0].line if found else 1
    return [Finding(path, line, f"must include its own header {own} before anything else")]


def resolve(tree, path, include):
    """The file of the tree that an include names, or None."""
    places = [f"{path.rsplit('/', 1)[0]}/"] if include.quoted else []
    for place in [*places, *_ROOTS]:
        found = posixpath.normpath(place + include.path)
        if tree.exists(found):
            return found
    return None


def first_nowhere(tree):
    """The headers that no source includes before anything else."""
    first = set()
    for path in tree.with_suffix(".cc"):
        found = cxx.includes(tree.text(path))
        if found:
            first.add(resolve(tree, path, found[0]))
    return [path for path in tree.with_suffix(".h") if _under_src(path) and path not in first]
