"""Links of Markdown pages to files of the tree lead somewhere."""

import posixpath
import re

from form.tree import Finding

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def check(tree):
    findings = []
    for path in tree.with_suffix(".md"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for link in _LINK.findall(line):
                if not _ELSEWHERE.match(link) and not _leads_somewhere(tree, path, link):
                    findings.append(Finding(path, number, f"links to {link}, which is not there"))
    return findings


def _leads_somewhere(tree, path, link):
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link.split("#")[0]))
    return (tree.root / target).exists()
