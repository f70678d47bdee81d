"""What the machine must have: a JDK 17, programs, memory; and where files of this user go."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from backends.report import Failed

MIB = 1 << 20
_JVM_FOLDER = pathlib.Path("/usr/lib/jvm")


def cache_folder():
    """$XDG_CACHE_HOME/yap/backends, created where it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(base) / "yap" / "backends"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_file(path, data):
    """Replaces the file as a whole: a reader sees the old content or the new one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(data)
    os.replace(file.name, path)


def java_17():
    """The `java` of a JDK 17: Cassandra 5.0 runs on 11 and 17 only, Pulsar 4.0 on 17 and 21."""
    home = os.environ.get("JAVA_HOME")
    candidates = [pathlib.Path(home) / "bin/java"] if home else []
    candidates += sorted(_JVM_FOLDER.glob("*/bin/java"))
    if on_path := shutil.which("java"):
        candidates.append(pathlib.Path(on_path))
    for java in candidates:
        if java.is_file() and _version_of(java) == 17:
            return java
    raise Failed("found no Java 17 (not in JAVA_HOME, /usr/lib/jvm or on PATH), which both servers "
                 "run on: run scripts/deps --cluster, or set JAVA_HOME to a JDK 17")


def _version_of(java):
    try:
        run = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30,
                             check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d+)', run.stderr)
    return int(match.group(1)) if match else None


def require_program(name, purpose):
    if not shutil.which(name):
        raise Failed(f"'{name}' is not on PATH, and {purpose}: run scripts/deps --cluster")


def require_memory(needed_mib, what, available_mib=None):
    available = memory_available_mib() if available_mib is None else available_mib
    if available < needed_mib:
        raise Failed(f"{what} needs about {needed_mib} MiB of memory to start, and {available} MiB "
                     "are available: end something else, or start fewer servers")


def require_disk(needed_mib, folder):
    free_mib = shutil.disk_usage(folder).free // MIB
    if free_mib < needed_mib:
        raise Failed(f"{folder} has {free_mib} MiB of disk left, and {needed_mib} MiB are needed")


def memory_available_mib(meminfo="/proc/meminfo", cgroup="/sys/fs/cgroup"):
    """What the machine has left, swap included, or our control group where that is less."""
    with open(meminfo, encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    kib = sum(int(fields[name].split()[0]) for name in ("MemAvailable", "SwapFree"))
    left = _cgroup_left(pathlib.Path(cgroup))
    return kib // 1024 if left is None else min(kib // 1024, left // MIB)


def _cgroup_left(folder):
    """Bytes until the limit of a control group (version 2); what it can give back is not used."""
    try:
        limit = (folder / "memory.max").read_text(encoding="utf-8").strip()
        if limit == "max":
            return None
        used = int((folder / "memory.current").read_text(encoding="utf-8"))
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(limit) - used + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return None
