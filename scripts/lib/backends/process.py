"""Processes found by a token on their command line.

A process number says little: the system gives it away again. A random token that only the process of
one start carries cannot be mistaken, and needs no file to be written after the start.
"""

import os
import select
import signal

from backends import waiting


def marker(token):
    """The argument that makes a JVM findable."""
    return f"-Dyap.backend={token}"


def find(token):
    """The Process that carries the token, or None. To be closed."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and _carries(entry.name, token):
            return _held(int(entry.name), token)
    return None


def _carries(pid, token):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read().split(b"\0")
        return marker(token).encode() in arguments and os.stat(f"/proc/{pid}").st_uid == os.getuid()
    except OSError:
        return False


def _held(pid, token):
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    if _carries(pid, token):
        return Process(pid, handle)
    os.close(handle)
    return None


class Process:
    """A process that stays the same one, whatever becomes of its number."""

    def __init__(self, pid, handle):
        self.pid = pid
        self._handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._handle)

    def send(self, number):
        """Sends a signal; nothing happens to a process that has ended."""
        try:
            signal.pidfd_send_signal(self._handle, number)
        except ProcessLookupError:
            pass

    def has_ended(self):
        """True once its files and sockets are closed, too."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return bool(poll.poll(0))

    def terminate(self):
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # A paused process would not notice.

    def await_end(self, seconds):
        """Waits for the end, and kills after that time. Returns whether it ended by itself."""
        if waiting.until(self.has_ended, seconds):
            return True
        self.kill()
        return False

    def kill(self):
        self.send(signal.SIGKILL)
        waiting.until(self.has_ended, 30)

    def is_paused(self):
        return self._stat_field("State").startswith("T")

    def memory_kib(self):
        """Its resident set, in KiB; 0 when it has ended."""
        return int((self._stat_field("VmRSS") or "0").split()[0])

    def _stat_field(self, name):
        try:
            with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError:
            return ""
        values = (line.split(":", 1)[1].strip() for line in lines if line.startswith(name + ":"))
        return next(values, "")
