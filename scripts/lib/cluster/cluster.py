"""A whole cluster of yap on this machine: chat-services and gateways over backends that run already.

Layout of its folder: keys/ (what the processes share), chat0/, gateway0/, … (port, log), ports.json.
"""

import json
import os
import pathlib
import secrets
import socket
import subprocess

from backends import cql
from cluster.program import Failed, Program

KEYSPACE = "yap"


class Access:
    """What the backends ask of clients (`scripts/backends up --auth --tls`), and how the cluster's own
    processes prove themselves to each other.

    user, password_file, cql_ca_file   of the database; absent: it asks for nothing
    token_file, pulsar_ca_file         of the broker
    proof                              proof(name of a program) → flags, in place of a secret file
    """

    def __init__(self, user="", password_file="", cql_ca_file="", token_file="", pulsar_ca_file="",
                 proof=None):
        self.user, self.password_file, self.cql_ca_file = user, password_file, cql_ca_file
        self.token_file, self.pulsar_ca_file = token_file, pulsar_ca_file
        self.proof = proof

    def store_flags(self):
        flags = []
        if self.user:
            flags += ["--store-scylla-username", self.user, "--store-scylla-password-file",
                      self.password_file]
        if self.cql_ca_file:
            flags += ["--store-scylla-tls", "--store-scylla-ca-file", self.cql_ca_file]
        return flags

    def bus_flags(self):
        flags = ["--bus-pulsar-token-file", self.token_file] if self.token_file else []
        if self.pulsar_ca_file:
            flags += ["--bus-pulsar-ca-file", self.pulsar_ca_file]
        return flags

    def log_in(self, connection):
        if self.user:
            connection.start(self.user, pathlib.Path(self.password_file).read_text().strip())
        else:
            connection.start()


class Settings:
    """What a cluster is made of.

    cql        addresses of the database, "host:port,…"
    pulsar     URL of the broker; empty: no bus, gateways ask every second
    topics     "persistent" or "non-persistent"
    environment  variables of every yapd, as YAPD_LIMITS_LOGINS_PER_MINUTE
    services   for each gateway the numbers of the chat-services it knows; absent: all
    access     passwords and certificates; absent: none
    """

    def __init__(self, cql, pulsar="", topics="persistent", keyspace=KEYSPACE, copies=1, chats=2,
                 gateways=2, environment=None, services=None, access=None):
        self.cql, self.pulsar, self.topics = cql, pulsar, topics
        self.keyspace, self.copies = keyspace, copies
        self.chats, self.gateways = chats, gateways
        self.environment, self.services = environment or {}, services or {}
        self.access = access or Access()


class Cluster:
    def __init__(self, folder, yapd, settings):
        self.folder = pathlib.Path(folder).absolute()
        self.yapd = str(yapd)
        self.settings = settings
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ports = self._saved_ports()
        self.chats = [self._program("chat", i, self._chat) for i in range(settings.chats)]
        self.gateways = [self._program("gateway", i, self._gateway) for i in range(settings.gateways)]

    @property
    def programs(self):
        return [*self.chats, *self.gateways]

    def address(self, program):
        return f"127.0.0.1:{self._ports[program.name]}"

    def store_flags(self):
        """Where the store is, for any command of yapd."""
        return ["--store-kind", "scylla", "--store-scylla-hosts", self.settings.cql,
                "--store-scylla-keyspace", self.settings.keyspace, *self.settings.access.store_flags()]

    def prepare(self):
        """Makes the keys, the keyspace and its tables; nothing where they are."""
        for name in ("cluster", "token", "bus"):
            self._key(name)
        host, port = self.settings.cql.split(",")[0].rsplit(":", 1)
        access = self.settings.access
        with cql.Connection(host, int(port), access.cql_ca_file or None) as connection:
            access.log_in(connection)
            connection.query(f"CREATE KEYSPACE IF NOT EXISTS {self.settings.keyspace} WITH replication = "
                             "{'class': 'NetworkTopologyStrategy', 'replication_factor': "
                             f"{self.settings.copies}}}")
        run = subprocess.run([self.yapd, "migrate", *self.store_flags()], capture_output=True, text=True,
                             check=False)
        if run.returncode != 0:
            raise Failed(run.stderr.strip())

    def start(self):
        self.prepare()
        for program in self.programs:
            program.start()

    def stop(self):
        """Gateways first: their streams are told where to go on while chat-services still answer."""
        for program in [*self.gateways, *self.chats]:
            program.stop()

    def _program(self, kind, number, flags):
        name = f"{kind}{number}"
        folder = self.folder / name
        return Program(name, folder, lambda port_file: [self.yapd, "serve", *flags(number, name, port_file)],
                       self.settings.environment)

    def _chat(self, _, name, port_file):
        return ["--role", "chat", "--data", str(self.folder / name / "data"), *self.store_flags(),
                "--cluster-listen", f"127.0.0.1:{self._ports[name]}", "--cluster-port-file",
                str(port_file), "--accounts-token-key-file", str(self._key("token")),
                *self._shared(name)]

    def _gateway(self, number, name, port_file):
        known = self.settings.services.get(number, range(len(self.chats)))
        services = ",".join(self.address(self.chats[i]) for i in known)
        return ["--role", "api", "--listen", f"127.0.0.1:{self._ports[name]}", "--port-file",
                str(port_file), "--cluster-chat-services", services, *self._shared(name)]

    def _shared(self, name):
        access = self.settings.access
        proof = access.proof(name) if access.proof else ["--cluster-secret-file",
                                                         str(self._key("cluster"))]
        flags = [*proof, "--drain-notice-seconds", "0", "--admin-listen", "127.0.0.1:0",
                 "--admin-port-file", str(self.folder / name / "admin_port")]
        if not self.settings.pulsar:
            return [*flags, "--bus-kind", "none"]
        return [*flags, "--bus-kind", "pulsar", "--bus-pulsar-url", self.settings.pulsar,
                "--bus-pulsar-topics", self.settings.topics, "--bus-pulsar-key-file",
                str(self._key("bus")), *access.bus_flags()]

    def _key(self, name):
        path = self.folder / "keys" / f"{name}.key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
        return path

    def _saved_ports(self):
        """Kept for good: gateways are told where chat-services are, and people where gateways are."""
        path = self.folder / "ports.json"
        ports = json.loads(path.read_text()) if path.exists() else {}
        names = [f"chat{i}" for i in range(self.settings.chats)]
        names += [f"gateway{i}" for i in range(self.settings.gateways)]
        missing = [name for name in names if name not in ports]
        ports.update(zip(missing, _free_ports(len(missing))))
        path.write_text(json.dumps(ports, indent=1))
        return ports


def _free_ports(count):
    """Held together, so that no two are the same."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
