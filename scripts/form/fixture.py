"""A small tree on disk for the checks' own tests."""

import pathlib
import tempfile
import unittest

from form.tree import Tree


class FixtureTest(unittest.TestCase):
    """Gives each test an empty folder that goes away after it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def tree(self, files):
        """A Tree of `files`: path → text."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        return Tree(self.root, files)

    def messages(self, findings):
        return [str(finding) for finding in findings]
