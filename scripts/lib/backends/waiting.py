"""Waits that a signal ends, and locks between processes.

SIGINT, SIGTERM and SIGHUP are only noted when they come, and raised by the next wait. No line between
two waits is ever cut in two, so a server that was started is always one we know of.
"""

import contextlib
import fcntl
import os
import signal
import time

from backends.report import Failed, say

_SLICE_SECONDS = 0.1  # How long a signal may go unnoticed.
_noted = []


class Interrupted(Exception):
    """A signal asked us to end; raised once for each."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


def note_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: _noted.append(number))


def pause(seconds):
    """Sleeps. Raises Interrupted as soon as a signal was noted."""
    end = time.monotonic() + seconds
    while True:
        if _noted:
            number = _noted[0]
            _noted.clear()
            raise Interrupted(number)
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _SLICE_SECONDS))


def until(condition, seconds, step=0.1):
    """Waits until condition() holds; False when it still does not after that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        pause(step)
    return True


@contextlib.contextmanager
def locked(path, seconds_max=900):
    """Holds the lock file `path`, made where it is missing; waits while another process has it."""
    file = _try_lock(path)
    if file is None:
        say(f"waiting for another scripts/backends, which holds {path}")
        end = time.monotonic() + seconds_max
        while (file := _try_lock(path)) is None:
            if time.monotonic() >= end:
                raise Failed(f"{path} is still locked after {seconds_max} s: 'lslocks' says by whom")
            pause(0.2)
    with file:
        yield


def _try_lock(path):
    """The locked file; None while somebody else has it, or removed it as we came."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None
