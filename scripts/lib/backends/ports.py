"""Ports of 127.0.0.x that are free now and that no other instance of this user counts on.

A ledger in the cache folder says which server folder took which port. Two instances that start at the
same time so never choose the same one, and a stopped instance finds its ports free again.
"""

import json
import pathlib
import random
import socket

from backends import host, waiting
from backends.report import Failed

# Below the range from which Linux takes the ports of outgoing connections (32768 on), so that no
# client's connection sits on a port that a server is about to listen on.
FIRST, LAST = 20000, 32767
# What a user may choose; the others are between the servers.
CHOOSABLE = {"cql": "Cassandra's port", "pulsar": "Pulsar's port", "admin": "Pulsar's admin port"}
_TRIES_MAX = 500
# A process that was killed a moment ago still has its sockets.
_FREE_SECONDS = 5


def is_free(port, addresses):
    return all(_can_listen(address, port) for address in addresses)


def _can_listen(address, port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen()
        except OSError:
            return False
        return True


def assign(folder, names, asked, saved, addresses):
    """Ports for the servers of `folder`: name → port, for each of `names`.

    asked   what the user wants; 0 or absent: any
    saved   those of the last start; taken again where nothing else is asked
    Raises Failed when one that is asked or saved is taken.
    """
    cache = host.cache_folder()
    with waiting.locked(cache / "ports.lock"):
        ledger = _read(cache / "ports.json", folder)
        chosen = {}
        for name in names:
            wanted = asked.get(name) or saved.get(name)
            if wanted:
                _require_free(wanted, name, folder, addresses)
            used = {*ledger, *chosen.values()}
            chosen[name] = wanted or _any_free(used, addresses)
        ledger.update({port: str(folder) for port in chosen.values()})
        host.write_file(cache / "ports.json", json.dumps(ledger, indent=1))
    return chosen


def _read(path, folder):
    """port → folder of all other servers that still have a folder."""
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {int(port): owner for port, owner in ledger.items()
            if owner != str(folder) and pathlib.Path(owner).is_dir()}


def _require_free(port, name, folder, addresses):
    if not waiting.until(lambda: is_free(port, addresses), _FREE_SECONDS):
        other = f", or choose another with --{name}-port" if name in CHOOSABLE else ""
        raise Failed(f"port {port} of {', '.join(addresses)} is taken, and {folder} needs it as its "
                     f"{name} port: end what listens there ('ss -ltnp sport = :{port}' names it){other}")


def _any_free(used, addresses):
    for _ in range(_TRIES_MAX):
        port = random.randint(FIRST, LAST)
        if port not in used and is_free(port, addresses):
            return port
    raise Failed(f"found no free port from {FIRST} to {LAST} in {_TRIES_MAX} tries")
