"""Compiles alone every header that no source includes first: what it needs, it must include.

Needs a configured build folder (its compile_commands.json says how) with the generated headers
built. A header is compiled again only when it, or something it includes, is newer than its stamp.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess

from form import headers
from form.tree import Finding

SECONDS_MAX = 120


def check(tree, build):
    """Findings for the headers that do not compile on their own."""
    build = pathlib.Path(build)
    database = build / "compile_commands.json"
    if not database.is_file():
        return [Finding(str(database), 0, "is missing: configure first (scripts/build dev)")]
    commands = {entry["file"]: entry for entry in json.loads(database.read_text(encoding="utf-8"))}
    paths = headers.first_nowhere(tree)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: _compile(tree, build, commands, path), paths)
    return [finding for finding in results if finding]


def _compile(tree, build, commands, path):
    entry = nearest(commands, str(tree.root / path))
    if entry is None:
        return Finding(path, 0, "has no compiled source near it: nothing builds this header")
    stamp = build / "alone" / (path.replace("/", ".") + ".d")
    # bench/ and drivers/ are not part of every build, so the nearest source may not know where their
    # headers are.
    folders = [f"-I{tree.root / folder}" for folder in ("", "src", "tests", "drivers/include")]
    folders += ["-isystem", str(build / "gen")]
    command = [*alone_command(entry, str(tree.root / path), str(stamp)), *folders]
    if _fresh(stamp, command):
        return None
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    run = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True,
                         timeout=SECONDS_MAX, check=False)
    if run.returncode:
        stamp.unlink(missing_ok=True)
        return Finding(path, 0, "does not compile on its own:\n" + run.stderr.strip()[:2000])
    stamp.with_suffix(".cmd").write_text(shlex.join(command), encoding="utf-8")
    return None


def nearest(commands, header):
    """The compile command of the source that shares the longest path with the header."""
    def shared(source):
        return len(os.path.commonpath([source, header]))
    room = "/".join(header.split("/")[:-1])
    best = max(commands, key=lambda source: (shared(source), source.startswith(room)), default=None)
    return commands[best] if best else None


def alone_command(entry, header, depfile):
    """The command of `entry`, turned into a syntax check of `header` that notes what it reads."""
    words = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
    if words and pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif word not in ("-c", "-MD", "-MMD", "--", entry["file"]):
            kept.append(word)
    return kept + ["-fsyntax-only", "-MD", "-MF", depfile, "-MT", "header", "-x", "c++-header", header]


def _fresh(stamp, command):
    """Whether the last success is newer than all it read and came from the same command."""
    note = stamp.with_suffix(".cmd")
    if not stamp.is_file() or not note.is_file() or note.read_text() != shlex.join(command):
        return False
    made = note.stat().st_mtime
    read = stamp.read_text().replace("\\\n", " ").split(":", 1)[1].split()
    return all(os.path.exists(name) and os.path.getmtime(name) <= made for name in read)
