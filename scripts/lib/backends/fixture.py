"""What the tests share: a folder of their own, a quiet stderr, servers that are no servers."""

import contextlib
import io
import os
import pathlib
import signal
import socket
import sys
import tempfile
import unittest
import unittest.mock

from backends import downloads, host, lifecycle, process
from backends.backend import Backend
from backends.instance import Instance

# Stands for `java`: listens on a port, or fails in the way that its last argument says.
FAKE_JAVA = f"""#!{sys.executable}
import signal, socket, sys, time
marker, address, port, behaviour = sys.argv[1:]
print("begins", flush=True)
if behaviour == "dies":
    sys.exit("no such disk")
if behaviour == "spoilt":
    print("spoilt", flush=True)
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour == "mute":
    time.sleep(60)
listener = socket.create_server((address, int(port)))
listener.settimeout(60)  # Nothing that a test forgets lives longer.
while True:
    listener.accept()[0].close()
"""
# As Pulsar's own, it does not end with a newline.
STOCK_CONF = """# a comment
kept=1
journalSyncData=false

brokerServicePort=6650
brokerServicePortTls=
last=x"""


class BackendsTest(unittest.TestCase):
    """Gives each test an empty folder and an empty cache; ends what carries a token of the folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        environment = unittest.mock.patch.dict(os.environ,
                                               {"XDG_CACHE_HOME": str(self.root / "cache")})
        environment.start()
        self.addCleanup(environment.stop)
        self.stderr = io.StringIO()
        quiet = contextlib.redirect_stderr(self.stderr)
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)
        self.addCleanup(self._end_all)

    def program(self, name, text):
        """An executable file."""
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def _end_all(self):
        for token in self.root.rglob("token"):
            if running := process.find(token.read_text(encoding="utf-8")):
                with running:
                    running.send(signal.SIGKILL)


class FakeProduct(Backend):

    title = "Fake 1.0"
    port_names = ("cql",)
    memory_mib = 1
    behaviour = {}  # node name → what FAKE_JAVA does

    def fetch(self):
        pass

    def configure(self, node):
        (node.folder / "conf" / "made").touch()

    def arguments(self, node):
        return [node.address, str(self.settings.ports["cql"]), self.behaviour.get(node.name, "serves")]

    def is_spoilt(self, node):
        spoilt = "spoilt" in node.log_lines()
        if spoilt:
            self.behaviour.pop(node.name)
        return spoilt

    def is_ready(self, node):
        if self.behaviour.get(node.name) == "spoilt":
            return False
        try:
            socket.create_connection((node.address, self.settings.ports["cql"]), timeout=5).close()
        except OSError:
            return False
        return True

    def environment(self):
        return {f"YAP_{self.name.upper()}": f"{self.nodes[0].address}:{self.settings.ports['cql']}"}


class FakeInstance(Instance):

    def __init__(self, folder):
        super().__init__(folder)
        self.backends = [
            FakeProduct("cassandra", folder / "cassandra", self.credentials, ["127.0.0.1"]),
            FakeProduct("cassandra3", folder / "cassandra3", self.credentials,
                        ["127.0.0.1", "127.0.0.2", "127.0.0.3"]),
            FakeProduct("pulsar", folder / "pulsar", self.credentials, ["127.0.0.1"])]


class FakeServersTest(BackendsTest):
    """An instance whose servers only listen on a port."""

    def setUp(self):
        super().setUp()
        java = self.program("java", FAKE_JAVA)
        for patch in (unittest.mock.patch.object(lifecycle, "Instance", FakeInstance),
                      unittest.mock.patch.object(lifecycle, "_POLL_SECONDS", 0.02),
                      unittest.mock.patch.object(lifecycle, "_STOP_SECONDS", 2),
                      unittest.mock.patch.object(host, "java_17", lambda: java),
                      unittest.mock.patch.object(FakeProduct, "behaviour", {})):
            patch.start()
            self.addCleanup(patch.stop)
        self.folder = self.root / "instance"


class ProductTest(BackendsTest):
    """An instance of the real products, whose cache holds a small stock configuration of Pulsar."""

    def setUp(self):
        super().setUp()
        (self.root / "cached/conf").mkdir(parents=True)
        (self.root / "cached/conf/standalone.conf").write_text(STOCK_CONF, encoding="utf-8")
        for product in ("cassandra", "pulsar"):
            cached = unittest.mock.patch.object(downloads, product, lambda: self.root / "cached")
            cached.start()
            self.addCleanup(cached.stop)
        self.instance = Instance(self.root / "instance")

    def configured(self, name, ports, **settings):
        backend = self.instance.backend(name)
        backend.settings.ports = ports
        for key, value in settings.items():
            setattr(backend.settings, key, value)
        for node in backend.nodes:
            node.make_folders()
            backend.configure(node)
        return backend
