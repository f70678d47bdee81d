"""A yapd that goes on when we end, found again by the file on its command line that only it writes."""

import os
import pathlib
import signal
import subprocess
import time


class Failed(Exception):
    """What happened and what to do next."""


class Program:
    """One yapd of a cluster: its folder has its log and its port file."""

    def __init__(self, name, folder, command, environment=None):
        """command(port_file): the whole command line, which must name that file.
        environment: variables on top of ours."""
        self.name = name
        self.folder = pathlib.Path(folder)
        self.port_file = self.folder / "port"
        self.log = self.folder / "log"
        self._command = command
        self._environment = environment or {}

    def pid(self):
        """Of the running process; 0 when there is none."""
        needle = str(self.port_file).encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and needle in _arguments(entry.name):
                return int(entry.name)
        return 0

    def start(self, seconds=30):
        """Starts it and waits until it accepts. Nothing to do when it runs."""
        if self.pid():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port_file.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            started = subprocess.Popen(self._command(self.port_file), stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, start_new_session=True,
                                       env={**os.environ, **self._environment})
        end = time.monotonic() + seconds
        while not self.port_file.exists():
            if started.poll() is not None:
                raise Failed(f"{self.name} ended with {started.returncode}: {self._last_words()}")
            if time.monotonic() > end:
                started.kill()
                raise Failed(f"{self.name} does not accept after {seconds} s: {self._last_words()}")
            time.sleep(0.02)

    def send(self, number):
        pid = self.pid()
        if pid:
            os.kill(pid, number)

    def kill(self):
        self.send(signal.SIGKILL)
        self._await_end(10)

    def stop(self, seconds=30):
        """SIGTERM; SIGKILL for one that does not end in time."""
        self.send(signal.SIGTERM)
        if not self._await_end(seconds):
            self.kill()

    def _await_end(self, seconds):
        end = time.monotonic() + seconds
        while self.pid():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def _last_words(self):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " ".join(lines[-3:]) or f"see {self.log}"


def _arguments(pid):
    """Of a living process of ours; a zombie has none."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []
