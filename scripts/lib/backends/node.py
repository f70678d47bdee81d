"""One server process: its folder, its log, its start and its end.

FOLDER/token   names the process of the last start, written before it; gone after a clean stop
FOLDER/log     what all starts printed
FOLDER/conf    written anew by each start
"""

import os
import secrets
import shutil
import subprocess

from backends import host, process
from backends.report import Failed

_LOG_BYTES_MAX = 16 * host.MIB  # A longer one is set aside at the next start.
_LOG_LINES_SHOWN = 25
_LOG_COLUMNS_SHOWN = 200


class Node:
    """Knows its process by what lies in the folder alone, so each command may make a Node of its own."""

    def __init__(self, name, folder, address):
        self.name = name
        self.folder = folder
        self.address = address
        self.log = folder / "log"
        self._child = None
        self._log_begin = 0

    def process(self):
        """The Process, or None. To be closed."""
        token = self._token()
        return process.find(token) if token else None

    def is_running(self):
        if running := self.process():
            with running:
                return True
        return False

    def state(self, is_ready):
        """stopped, dead (killed, or ended by itself), paused, unready or ready."""
        if not (running := self.process()):
            return "dead" if self._token() else "stopped"
        with running:
            if running.is_paused():
                return "paused"
            return "ready" if is_ready(self) else "unready"

    def make_folders(self):
        """conf/ and an empty tmp/; a process that was killed leaves its temporary files."""
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        (self.folder / "tmp").mkdir()

    def launch(self, java, arguments):
        """Starts the process, detached from this terminal. REQUIRES: not running."""
        token = f"{self.name}-{secrets.token_hex(8)}"
        host.write_file(self.folder / "token", token)
        if self.log.is_file() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.rename(self.log.with_name("log.old"))
        with self.log.open("ab") as log:
            self._log_begin = log.tell()
            self._child = subprocess.Popen(
                [java, process.marker(token), *arguments], cwd=self.folder, env=_environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def require_alive(self):
        """Raises Failed with the end of the log when the process has ended."""
        status = self._child.poll() if self._child else None
        if status is not None:
            why = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            hint = " (out of memory?)" if status == -9 else ""
            raise Failed(f"{self.name} {why}{hint} while it started; the end of {self.log}:\n"
                         f"{self.log_tail()}")
        if not self._child and not self.is_running():
            raise Failed(f"{self.name} ended while it started; the end of {self.log}:\n"
                         f"{self.log_tail()}")

    def log_lines(self):
        """What was printed since the start that this object made, or ever."""
        with self.log.open("rb") as log:
            log.seek(self._log_begin)
            return log.read().decode(errors="replace").splitlines()

    def log_tail(self, lines=_LOG_LINES_SHOWN):
        return "\n".join(line[:_LOG_COLUMNS_SHOWN] for line in self.log_lines()[-lines:])

    def kill(self):
        """SIGKILL. The node counts as dead, not as stopped. Returns whether there was a process."""
        if self._child:  # Known even before its command line can be read.
            self._child.kill()
            self._child.wait()
            return True
        running = self.process()
        if not running:
            return False
        with running:
            running.kill()
        return True

    def send(self, number):
        """Returns whether there was a process to send the signal to."""
        running = self.process()
        if not running:
            return False
        with running:
            running.send(number)
        return True

    def _token(self):
        try:
            return (self.folder / "token").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def forget(self):
        """The node counts as stopped from now on. REQUIRES: not running."""
        (self.folder / "token").unlink(missing_ok=True)


def _environment():
    """No variable of the caller may change a server; CLASSPATH and JAVA_TOOL_OPTIONS would."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
