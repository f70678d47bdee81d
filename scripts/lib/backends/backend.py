"""What Cassandra and Pulsar have in common: settings that are remembered, ports, nodes."""

import dataclasses
import json

from backends import host, ports
from backends.node import Node
from backends.report import Failed

JVM_FLAGS = (
    "-Xms128m",
    # The fewest threads, and the smallest footprint.
    "-XX:+UseSerialGC",
    # The quick compiler only: a start takes half the processor time, and so does a session of some
    # minutes, which the optimizing compiler would spend on compiling.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    # No file in the system's temporary folder.
    "-XX:+PerfDisableSharedMem",
    "-Dio.netty.tryReflectionSetAccessible=true",
)


@dataclasses.dataclass
class Settings:
    """What clients must know, and what the next start repeats."""

    auth: bool = False
    tls: bool = False
    ports: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Asked:
    """What the command line asks for; None and absent ports: as the last time."""

    auth: bool | None = None
    tls: bool | None = None
    ports: dict[str, int] = dataclasses.field(default_factory=dict)


class Backend:
    """One product in one instance, as one or more nodes.

    A subclass says what to fetch, how to configure and start a node, when it is ready and what clients
    are told. Everything lies in `folder`: settings.json and a folder for each node.
    """

    title = ""
    port_names = ()
    memory_mib = 0  # Of one node when it is ready and idle, with some air.

    def __init__(self, name, folder, credentials, addresses):
        self.name = name
        self.folder = folder
        self.credentials = credentials
        names = [name] if len(addresses) == 1 else [f"{name}/{i + 1}" for i in range(len(addresses))]
        self.nodes = [Node(node_name, folder / f"node{i + 1}", address)
                      for i, (node_name, address) in enumerate(zip(names, addresses))]
        self.settings = self._load()
        self.problem = "no answer yet"  # Why is_ready() said no the last time.

    def exists(self):
        """Whether it was ever started here."""
        return (self.folder / "settings.json").is_file()

    def prepare(self, nodes, asked):
        """Settles settings and ports and writes the configuration of `nodes`, which are to be started.

        REQUIRES: require_as_asked() when others of its nodes run.
        """
        for option in ("auth", "tls"):
            if getattr(asked, option) is not None:
                setattr(self.settings, option, getattr(asked, option))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.ports = ports.assign(self.folder, self.port_names, asked.ports,
                                           self.settings.ports, [node.address for node in nodes])
        host.write_file(self.folder / "settings.json", json.dumps(dataclasses.asdict(self.settings)))
        for node in nodes:
            node.make_folders()
            self.configure(node)

    def require_as_asked(self, asked):
        """Raises Failed when nodes that run already are to be something else."""
        for option in ("auth", "tls"):
            wanted, now = getattr(asked, option), getattr(self.settings, option)
            if wanted is not None and wanted != now:
                raise Failed(f"{self.name} runs {'with' if now else 'without'} --{option}: "
                             f"scripts/backends down {self.name}, then up again")
        for name, port in asked.ports.items():
            if name in self.port_names and port not in (0, self.settings.ports[name]):
                raise Failed(f"{self.name} runs on port {self.settings.ports[name]}, not {port}: "
                             f"scripts/backends down {self.name}, then up again")

    def _load(self):
        try:
            return Settings(**json.loads((self.folder / "settings.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Settings()

    def fetch(self):
        """Makes sure that the server's files are in the cache."""
        raise NotImplementedError

    def configure(self, node):
        """Writes node.folder/conf from the settings."""
        raise NotImplementedError

    def arguments(self, node):
        """The JVM's arguments."""
        raise NotImplementedError

    def is_ready(self, node):
        """Whether a client that was told environment() is served now. Raises nothing."""
        raise NotImplementedError

    def is_spoilt(self, node):
        """Whether this start of `node` went wrong in a way that only another one mends. Asked while it starts."""
        return False

    def settle(self, nodes):
        """Asked again and again while `nodes` start: does what is left, returns whether all is done."""
        return all(self.is_ready(node) for node in nodes)

    def environment(self):
        """name → value of what clients need."""
        raise NotImplementedError
