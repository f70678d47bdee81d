"""The real server under test: one process, its own data, free ports, ended by its own pid."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
YAPD = os.environ.get("YAPD", str(ROOT / "build/release/bin/yapd"))
YAP = os.environ.get("YAP", str(ROOT / "build/release/bin/yap"))
PASSWORD = "three small green boats"  # Everybody's.

# No limit that a person would meet stops a test; hashing is cheap where it is not what is tested.
FAST = {
    "YAPD_LIMITS_USER_SENDS_PER_SECOND": "100000",
    "YAPD_LIMITS_USER_SEND_BURST": "100000",
    "YAPD_LIMITS_CHANNEL_SENDS_PER_SECOND": "100000",
    "YAPD_LIMITS_CHANNEL_SEND_BURST": "100000",
    "YAPD_LIMITS_LOGINS_PER_MINUTE": "100000",
    "YAPD_LIMITS_CONNECTIONS_PER_IP": "1000",
    "YAPD_LIMITS_OPENS_PER_SECOND": "100000",
    "YAPD_THREADS_IO": "2",
    "YAPD_ACCOUNTS_ARGON2_OPS": "1",
    "YAPD_ACCOUNTS_ARGON2_MEMORY_MIB": "1",
    "YAPD_ACCOUNTS_WEAK_HASHING_FOR_TESTS": "true",
}


def wait_for(condition, seconds=20.0, what="condition"):
    """Returns what `condition` answered once it is truthy; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {seconds} s waiting for {what}")
        time.sleep(0.01)


class Yapd:
    """A yapd that can be started, killed, stopped and started again on the same data and port."""

    def __init__(self, data: Path, env=None, flags=(), wrapper=()):
        self.data = Path(data)
        self.data.mkdir(parents=True, exist_ok=True)
        self.env = {**os.environ, **FAST, **(env or {})}
        self.flags = list(flags)
        self.wrapper = list(wrapper)
        self.port = 0
        self.process = None
        self.log = self.data.parent / f"{self.data.name}.log"

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def command(self, port):
        # The port file is new for each start, so that an old one is never mistaken for it.
        self.port_file = Path(tempfile.mkdtemp(dir=self.data.parent)) / "port"
        return [*self.wrapper, YAPD, "serve", "--data", str(self.data), "--listen",
                f"127.0.0.1:{port}", "--port-file", str(self.port_file), *self.flags]

    def start(self):
        env = {"YAPD_ADMIN_LISTEN": "off", **self.env}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(self.port), env=env, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        wait_for(lambda: self.port_file.exists() or self.process.poll() is not None,
                 what=f"yapd to listen (see {self.log})")
        if self.process.poll() is not None:
            raise AssertionError(f"yapd ended with {self.process.returncode}:\n{self.tail()}")
        self.port = int(self.port_file.read_text())
        return self

    def tail(self):
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def kill(self):
        """As a power cut for the process: SIGKILL, no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self, seconds=30):
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def restart(self):
        self.kill()
        return self.start()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=20)

    def admin(self, *args, check=True):
        """`yapd admin …`, with the server running or not."""
        run = subprocess.run([YAPD, "admin", *args, "--data", str(self.data), "--json"],
                             env=self.env, capture_output=True, text=True, timeout=30)
        if check and run.returncode != 0:
            raise AssertionError(f"yapd admin {args}: {run.returncode}\n{run.stderr}")
        return json.loads(run.stdout) if run.returncode == 0 and run.stdout.strip() else run


class ChatService(Yapd):
    """A chat-service on SQLite; gateways reach it at `target` with the secret in `secret`."""

    def __init__(self, data, secret, env=None, flags=()):
        super().__init__(data, env=env, flags=flags)
        self.secret = Path(secret)

    def command(self, port):
        self.port_file = Path(tempfile.mkdtemp(dir=self.data.parent)) / "port"
        return [YAPD, "serve", "--role", "chat", "--data", str(self.data), "--bus-kind", "none",
                "--cluster-listen", f"127.0.0.1:{port}", "--cluster-port-file", str(self.port_file),
                "--cluster-secret-file", str(self.secret), "--drain-notice-seconds", "0",
                *self.flags]


class GatewayServer(Yapd):
    """A gateway before chat-services; it holds no data."""

    def __init__(self, data, services, secret, env=None, flags=()):
        super().__init__(data, env=env, flags=flags)
        self.services, self.secret = services, Path(secret)

    def command(self, port):
        self.port_file = Path(tempfile.mkdtemp(dir=self.data.parent)) / "port"
        return [YAPD, "serve", "--role", "api", "--listen", f"127.0.0.1:{port}", "--port-file",
                str(self.port_file), "--cluster-chat-services", ",".join(self.services),
                "--cluster-secret-file", str(self.secret), "--bus-kind", "none",
                "--drain-notice-seconds", "0", *self.flags]
