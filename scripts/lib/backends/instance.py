"""A state folder: all that one instance of the backends is.

DIR/lock             held by a command that starts or ends servers
DIR/secrets/         certificates, passwords, tokens
DIR/cassandra/ …     a folder for each backend, which holds one for each node
"""

import re
import shutil

from backends import waiting
from backends.cassandra import Cassandra
from backends.credentials import Credentials
from backends.pulsar import Pulsar
from backends.report import Failed

_LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
# The path goes into lists, URLs and options that each have characters of their own.
_PATH = re.compile(r"[\w/.~+@=-]+")
DEFAULTS = ("cassandra", "pulsar")


class Instance:

    def __init__(self, folder):
        if not _PATH.fullmatch(str(folder)):
            raise Failed(f"the servers take no folder named '{folder}', only letters, digits and "
                         "/._~+@=-: choose another with --dir")
        self.folder = folder
        self.credentials = Credentials(folder / "secrets")
        self.backends = [
            Cassandra("cassandra", folder / "cassandra", self.credentials, _LOOPBACK[:1]),
            Cassandra("cassandra3", folder / "cassandra3", self.credentials, _LOOPBACK),
            Pulsar("pulsar", folder / "pulsar", self.credentials, _LOOPBACK[:1]),
        ]

    def lock(self):
        """For `with`; what was read from the folder before is stale: make a new Instance inside."""
        return waiting.locked(self.folder / "lock")

    def existing(self):
        return [backend for backend in self.backends if backend.exists()]

    def named(self, names):
        """(backend, nodes) for each name: a backend's, or a node's such as cassandra3/2.

        No names: the backends that are there.
        """
        if not names:
            return [(backend, list(backend.nodes)) for backend in self.existing()]
        chosen = {}
        for name in names:
            backend, nodes = self._find(name)
            listed = chosen.setdefault(backend.name, (backend, []))[1]
            listed += [node for node in nodes if node not in listed]
        return list(chosen.values())

    def backend(self, name):
        return self._find(name)[0]

    def _find(self, name):
        for backend in self.backends:
            if name == backend.name:
                return backend, backend.nodes
            for node in backend.nodes:
                if name == node.name:
                    return backend, [node]
        known = ", ".join(backend.name for backend in self.backends)
        raise Failed(f"there is no backend '{name}'; there are {known} (one node of three: "
                     "cassandra3/2)")

    def wipe(self, backends):
        """Removes what these backends keep, with the last one the rest, too. REQUIRES: stopped."""
        for backend in backends:
            if backend.exists():
                shutil.rmtree(backend.folder)
        if not self.existing():
            shutil.rmtree(self.folder / "secrets", ignore_errors=True)
            (self.folder / "lock").unlink()
            if not any(self.folder.iterdir()):
                self.folder.rmdir()
