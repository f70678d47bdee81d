"""The files of the project, as the checks see them."""

import dataclasses
import pathlib
import subprocess


@dataclasses.dataclass(frozen=True)
class Finding:
    """One broken rule. `line` is 1-based; 0 means the whole file."""

    path: str
    line: int
    message: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class Tree:
    """The files under `root`, by their path relative to it ('/' separated)."""

    def __init__(self, root, paths=None):
        self.root = pathlib.Path(root)
        self.paths = sorted(paths if paths is not None else _listed(self.root))
        self._texts = {}

    def text(self, path):
        """The file's text; bytes that are no UTF-8 come as U+FFFD."""
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def exists(self, path):
        return (self.root / path).is_file()

    def with_suffix(self, *suffixes):
        return [path for path in self.paths if path.endswith(suffixes)]

    def cxx(self):
        return self.with_suffix(".h", ".cc")


def _listed(root):
    """Tracked files and new ones that are not ignored; without git, all of them."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        return [name for name in names if name and (root / name).is_file()]
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [path.as_posix() for path in files if path.parts[0] != "build"]
