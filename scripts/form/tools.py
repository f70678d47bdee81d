"""The checks that other programs do: clang-format over C++, rustfmt over Rust, shellcheck over the
scripts, scripts/limits-doc over its page."""

import pathlib
import re
import shutil
import subprocess

from form.tree import Finding

CLANG_FORMAT = "clang-format-19"


def check_format(tree):
    """C++ that clang-format would change, and Rust that rustfmt would, where it is installed."""
    return _check_cxx_format(tree) + _check_rust_format(tree)


def _check_rust_format(tree):
    paths = tree.with_suffix(".rs")
    if not paths or not shutil.which("rustfmt"):
        return []
    run = subprocess.run(["rustfmt", "--check", "--edition", "2024", "--files-with-diff",
                          "--config-path", "drivers", *paths],
                         cwd=tree.root, capture_output=True, text=True, check=False)
    bad = sorted({pathlib.Path(line).relative_to(tree.root).as_posix() for line in run.stdout.splitlines()})
    findings = [Finding(path, 0, "run cargo fmt in drivers/") for path in bad]
    if run.returncode and not findings:
        findings.append(Finding("rustfmt", 0, run.stderr.strip()))
    return findings


def _check_cxx_format(tree):
    if not shutil.which(CLANG_FORMAT):
        return [Finding(CLANG_FORMAT, 0, "is not installed: run scripts/deps --test")]
    paths = tree.cxx()
    if not paths:
        return []
    run = subprocess.run([CLANG_FORMAT, "--dry-run", "--Werror", *paths], cwd=tree.root,
                         capture_output=True, text=True, check=False)
    bad = dict.fromkeys(re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, re.MULTILINE))
    findings = [Finding(path, 0, f"run {CLANG_FORMAT} -i {path}") for path in bad]
    if run.returncode and not findings:
        findings.append(Finding(CLANG_FORMAT, 0, run.stderr.strip()))
    return findings


def shell_scripts(tree):
    """Files that a shell reads: *.sh, and those whose first line says so."""
    return [path for path in tree.paths if path.endswith(".sh") or _has_shell_line(tree.root / path)]


def _has_shell_line(path):
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(ba)?sh\b", file.readline(80)) is not None


def check_shell(tree):
    """What shellcheck says, follow-ups of sourced files included."""
    if not shutil.which("shellcheck"):
        return [Finding("shellcheck", 0, "is not installed: run scripts/deps --test")]
    scripts = shell_scripts(tree)
    if not scripts:
        return []
    run = subprocess.run(["shellcheck", "--external-sources", "--format=gcc", *scripts],
                         cwd=tree.root, capture_output=True, text=True, check=False)
    findings = []
    for line in run.stdout.splitlines():
        path, number, _, message = line.split(":", 3)
        findings.append(Finding(path, int(number), message.strip()))
    if run.returncode and not findings:
        findings.append(Finding("shellcheck", 0, run.stderr.strip()))
    return findings


def check_limits(tree):
    """docs/limits.md says what the code says."""
    run = subprocess.run([tree.root / "scripts/limits-doc", "--check"], capture_output=True, text=True,
                         check=False)
    return [Finding("docs/limits.md", 0, run.stderr.strip())] if run.returncode else []
