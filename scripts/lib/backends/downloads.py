"""The servers' jars: from Maven Central through the user's own mvn, into the cache, pinned by sha256.

mvn is asked because it honours the user's settings.xml: mirrors, proxies, credentials. A cached folder
appears under its name only when it is complete and its checksums were right.
"""

import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

from backends import host, waiting
from backends.report import Failed, say

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_FETCH_SECONDS_MAX = 1800
_PROGRESS_SECONDS = 10
_DISK_FREE_MIB = 1024  # The larger one passes through as a tarball, a local repository and its files.

CASSANDRA_VERSION = "5.0.9"
_CASSANDRA_JARS = pathlib.Path(__file__).with_name(f"cassandra-{CASSANDRA_VERSION}.sha256")
# Jars with code for systems that yap does not run on.
_FOREIGN = re.compile(r"osx|windows|riscv64")
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>yap</groupId><artifactId>backends</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId>
    <version>{CASSANDRA_VERSION}</version>
  </dependency></dependencies>
</project>
"""

PULSAR_VERSION = "4.0.8"
_PULSAR_SHA256 = "35c7d064c9e0928edbf2e708989faba0379662f98aa84ce0d4190c59efb6765e"
_PULSAR_ARTIFACT = f"org.apache.pulsar:pulsar-server-distribution:{PULSAR_VERSION}:tar.gz:bin"


def cassandra():
    """The folder of Cassandra's jars, fetched where it is missing."""
    return _cached(f"cassandra-{CASSANDRA_VERSION}", "96 MB", _fetch_cassandra)


def pulsar():
    """The folder of Pulsar's lib/ and conf/, fetched where it is missing."""
    return _cached(f"pulsar-{PULSAR_VERSION}", "245 MB", _fetch_pulsar)


def _cached(name, size, fetch):
    folder = host.cache_folder() / name
    if folder.is_dir():
        return folder
    with waiting.locked(folder.with_name(f"{name}.lock"), _FETCH_SECONDS_MAX + 60):
        if not folder.is_dir():
            _fill(folder, size, fetch)
    return folder


def _fill(folder, size, fetch):
    host.require_program("mvn", "the servers come from Maven Central through it")
    host.require_disk(_DISK_FREE_MIB, folder.parent)
    _remove_leftovers(folder)
    say(f"fetching {folder.name}, {size}, from Maven Central (once)")
    with tempfile.TemporaryDirectory(prefix=folder.name + ".", dir=folder.parent) as temporary:
        result = fetch(pathlib.Path(temporary))
        os.sync()  # Else a power cut may leave the folder complete and its files empty.
        result.rename(folder)
    say(f"{folder.name} is in {folder}")


def _remove_leftovers(folder):
    """What a fetch left that was killed; the lock says that there is no other."""
    for leftover in folder.parent.glob(folder.name + ".*"):
        if leftover.is_dir():
            shutil.rmtree(leftover)


def _fetch_cassandra(temporary):
    (temporary / "pom.xml").write_text(_POM, encoding="utf-8")
    jars = temporary / "jars"
    _maven(temporary, f"--file={temporary}/pom.xml", f"{_PLUGIN}:copy-dependencies",
           "-DincludeScope=runtime", f"-DoutputDirectory={jars}")
    for jar in jars.iterdir():
        if _FOREIGN.search(jar.name):
            jar.unlink()
    require_pinned(jars, _CASSANDRA_JARS.read_text(encoding="utf-8"))
    return jars


def _fetch_pulsar(temporary):
    _maven(temporary, f"{_PLUGIN}:copy", f"-Dartifact={_PULSAR_ARTIFACT}",
           f"-DoutputDirectory={temporary}")
    tarball = temporary / f"pulsar-server-distribution-{PULSAR_VERSION}-bin.tar.gz"
    require_pinned(temporary, f"{_PULSAR_SHA256}  {tarball.name}\n", "*.tar.gz")
    say("unpacking it")
    top = f"apache-pulsar-{PULSAR_VERSION}"
    with tarfile.open(tarball) as archive:
        for member in archive:
            waiting.pause(0)
            # Neither its functions runtime nor its examples.
            if member.isfile() and member.name.startswith((f"{top}/lib/", f"{top}/conf/")):
                archive.extract(member, temporary)
    return temporary / top


def require_pinned(folder, pins, pattern="*"):
    """Raises Failed unless the folder's files are exactly those of `pins`, in sha256sum's format."""
    expected = {name: digest for digest, name in (line.split() for line in pins.splitlines())}
    found = {path.name: _sha256(path) for path in folder.glob(pattern)}
    wrong = sorted(name for name in expected.keys() | found.keys()
                   if expected.get(name) != found.get(name))
    if wrong:
        raise Failed("what was fetched is not what is pinned, so none of it is used: "
                     f"{', '.join(wrong)}")


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _maven(temporary, *arguments):
    """Runs mvn on a local repository of its own, so that none of ~/.m2 is touched or trusted."""
    command = ["mvn", "--batch-mode", "--no-transfer-progress", "--strict-checksums", "--quiet",
               "-Dstyle.color=never", f"-Dmaven.repo.local={temporary}/repository", *arguments]
    log = temporary / "mvn.log"
    environment = {**os.environ, "JAVA_HOME": str(host.java_17().parent.parent)}
    with log.open("wb") as output:
        mvn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                               cwd=temporary, env=environment, start_new_session=True)
    with _ended_with_us(mvn):
        _await(mvn)
    if mvn.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Failed(f"mvn could not fetch from Maven Central (exit {mvn.returncode}):\n{tail}")


@contextlib.contextmanager
def _ended_with_us(child):
    try:
        yield
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _await(mvn):
    begun = shown = time.monotonic()
    while mvn.poll() is None:
        now = time.monotonic()
        if now - begun > _FETCH_SECONDS_MAX:
            raise Failed(f"mvn did not end in {_FETCH_SECONDS_MAX} s")
        if now - shown >= _PROGRESS_SECONDS:
            shown = now
            say(f"still fetching, {int(now - begun)} s")
        waiting.pause(0.1)
