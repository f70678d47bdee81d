"""The servers under load: each its own process with its own directory, on a free port of 127.0.0.1, ended
by its own pid. Limits that would stop a load are raised, and shown beside the results."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import time

READY_SECONDS_MAX = 20
# After SIGTERM; then SIGKILL: a server that hangs must not stay and disturb the next one.
STOP_SECONDS_MAX = 10
# As in bench/yap_protocol.h.
CHANNELS_PER_USER = 500


class ServerError(Exception):
    """A server did not do what every run needs of it; the message is for people."""


class Server:
    """Makes itself at home in `home`, which is its own and empty, for one run of `shape`."""

    name = ""
    speaks = ""  # What yap-bench calls its protocol; as `name` where it is empty.

    def __init__(self, home, programs, shape):
        self.home = home
        self.programs = programs
        self.shape = shape
        self.process = None

    def start(self):
        self.prepare()
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), env={**os.environ, **self.environment()},
                                            cwd=self.home, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        try:
            self._wait_until_ready()
        except BaseException:  # Also SystemExit by a signal: no server outlives its run.
            self.stop()
            raise

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self):
        end = time.monotonic() + READY_SECONDS_MAX
        while not self.port() or not _accepts(self.port()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise ServerError(f"{self.name} does not start; the end of its log:\n{self.log_end()}")
            time.sleep(0.02)

    def log_end(self):
        return (self.home / "log").read_text(errors="replace")[-2000:]

    def client_options(self):
        system = [] if self.shape.systems == ("yap",) else ["--system", self.speaks or self.name]
        return [*system, "--address", f"127.0.0.1:{self.port()}", "--process", f"server={self.process.pid}"]

    def environment(self):
        return {}

    def prepare(self):
        """Before the start."""

    def command(self):
        raise NotImplementedError

    def port(self):
        """0 while it is not known."""
        raise NotImplementedError

    @classmethod
    def version(cls, programs):
        raise NotImplementedError


class Yapd(Server):
    """On SQLite with synchronous=FULL, with authentication and flow control: as it is shipped, but for the
    limits."""

    name = "yap"
    limits = {
        "YAPD_LIMITS_USER_SENDS_PER_SECOND": "10000000",
        "YAPD_LIMITS_USER_SEND_BURST": "10000000",
        "YAPD_LIMITS_CHANNEL_SENDS_PER_SECOND": "10000000",
        "YAPD_LIMITS_CHANNEL_SEND_BURST": "10000000",
        "YAPD_LIMITS_CONNECTIONS_PER_IP": "20000",
        "YAPD_LIMITS_CONNECTIONS_TOTAL": "20000",
        "YAPD_LIMITS_STREAMS_PER_USER": "20000",
        "YAPD_LIMITS_OPENS_PER_SECOND": "1000000",
        "YAPD_ACCOUNTS_ACCESS_TOKEN_SECONDS": "86400",
    }
    settings = ("SQLite synchronous=FULL, access tokens, HTTP/2 flow control; raised: "
                + ", ".join(f"{key[len('YAPD_'):].lower()} {value}" for key, value in limits.items()))

    def __init__(self, home, programs, shape):
        super().__init__(home, programs, shape)
        self.program = programs / "yapd"
        self.data = home / "data"
        self.port_file = home / "port"
        self.metrics_port_file = home / "metrics_port"
        self.token_file = home / "tokens"

    def environment(self):
        more = {**self.shape.yapd}
        if self.shape.tls:
            more |= {"YAPD_TLS_CERT_FILE": str(self.home / "cert.pem"), "YAPD_TLS_KEY_FILE": str(self.home / "key.pem")}
        return {**self.limits, "YAPD_STORE_SYNCHRONOUS": "full", "YAPD_ADMIN_LISTEN": "127.0.0.1:0",
                "YAPD_ADMIN_PORT_FILE": str(self.metrics_port_file), **more}

    def prepare(self):
        if self.shape.tls:
            self._make_certificate()
        password = self.home / "password"
        _write_secret(password, secrets.token_urlsafe(24))
        tokens = []
        for number in range(-(-self.shape.channels // CHANNELS_PER_USER)):
            self._admin("user", "add", f"loader{number}", "--password-file", str(password))
            session = json.loads(self._admin("session", "open", f"loader{number}", "--json"))
            tokens.append(session["access_token"])
        _write_secret(self.token_file, "\n".join(tokens))

    def _make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        "key.pem", "-out", "cert.pem"], cwd=self.home, check=True, capture_output=True, timeout=60)

    def _admin(self, *words):
        command = [self.program, "admin", *words, "--data", self.data]
        run = subprocess.run(command, env={**os.environ, **self.environment()}, capture_output=True,
                             text=True, timeout=60, check=False)
        if run.returncode != 0:
            raise ServerError(f"yapd admin {' '.join(words)}: {run.stderr.strip()}")
        return run.stdout

    def command(self):
        return [self.program, "serve", "--data", self.data, "--listen", "127.0.0.1:0",
                "--port-file", self.port_file]

    def port(self):
        return int(self.port_file.read_text()) if self.port_file.exists() else 0

    def client_options(self):
        options = [*super().client_options(), "--token-file", str(self.token_file)]
        if self.shape.tls:
            options += ["--tls-ca", str(self.home / "cert.pem")]
        if self.shape.load.startswith("storm"):
            options += ["--metrics", f"127.0.0.1:{self.metrics_port_file.read_text().strip()}"]
        return options

    @classmethod
    def version(cls, programs):
        return _output([programs / "yapd", "version"])


class Nats(Server):
    name = "nats"
    settings = "in memory, no authentication; raised: max_connections 65536, max_pending 1GB, write_deadline 60s"

    def prepare(self):
        (self.home / "nats.conf").write_text(
            f'listen: "127.0.0.1:-1"\nports_file_dir: "{self.home}"\n'
            'max_connections: 65536\nmax_pending: 1GB\nwrite_deadline: "60s"\n')

    def command(self):
        return [_find("nats-server"), "-c", "nats.conf"]

    def port(self):
        for file in self.home.glob("*.ports"):
            try:
                return int(json.loads(file.read_text())["nats"][0].rpartition(":")[2])
            except ValueError:  # Half written.
                return 0
        return 0

    @classmethod
    def version(cls, programs):
        return _output([_find("nats-server"), "--version"])


class Redis(Server):
    name = "redis"
    settings = "in memory (save \"\", appendonly no); raised: maxclients 19000, output buffer of subscribers unlimited"

    def __init__(self, home, programs, shape):
        super().__init__(home, programs, shape)
        self._port = _free_port()

    def command(self):
        return [_find("redis-server"), "--bind", "127.0.0.1", "--port", str(self._port), "--save", "",
                "--maxclients", "19000", "--client-output-buffer-limit", "pubsub 0 0 0", "--dir", self.home,
                *self.persistence()]

    def persistence(self):
        return ["--appendonly", "no"]

    def port(self):
        return self._port

    @classmethod
    def version(cls, programs):
        number = re.search(r"v=(\S+)", _output([_find("redis-server"), "--version"]))
        return f"redis-server {number.group(1) if number else 'of unknown version'}"


class RedisAlways(Redis):
    name = "redis-always"
    speaks = "redis-store"
    settings = "appendonly yes, appendfsync always, no rewrites: SET is answered after fdatasync; a connection each in flight"

    def persistence(self):
        return ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]


class Floor(Server):
    """bench/floor.cc: what the kernel leaves to any server."""

    name = "floor"
    speaks = "nats"
    settings = "the limit: a loop of bare sends, one per subscriber and turn; no server at all otherwise"

    def command(self):
        return [self.programs / "yap-bench-floor", self.home / "port"]

    def port(self):
        file = self.home / "port"
        return int(file.read_text() or 0) if file.exists() else 0

    @classmethod
    def version(cls, programs):
        return "bench/floor.cc"


class Disk(Server):
    """No server: the load client itself appends and syncs."""

    name = "disk"
    settings = "the limit: all messages in flight by one write and one fdatasync"

    def start(self):
        (self.home / "log").touch()

    def stop(self):
        pass

    def client_options(self):
        return ["--system", "disk", "--address", str(self.home)]

    @classmethod
    def version(cls, programs):
        return "bench/disk.cc"


SERVERS = {server.name: server for server in (Yapd, Nats, Redis, RedisAlways, Floor, Disk)}


def _accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port():
    """Redis cannot choose one itself. Another process may take it in between: then it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _find(program):
    """Debian keeps servers where a plain user's PATH does not look."""
    for folder in [*os.environ.get("PATH", "").split(":"), "/usr/sbin", "/usr/local/sbin"]:
        path = os.path.join(folder, program)
        if os.access(path, os.X_OK):
            return path
    raise ServerError(f"no {program} here: run scripts/deps --bench")


def _output(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()


def _write_secret(path, text):
    path.touch(mode=0o600)
    path.write_text(text + "\n")
