"""What the commands do to the servers of an instance."""

import dataclasses
import json
import signal
import time

from backends import host, waiting
from backends.instance import DEFAULTS, Instance
from backends.report import Failed, say

_STOP_SECONDS = 30
_PAUSE_SECONDS = 5
_POLL_SECONDS = 0.25
_PROGRESS_SECONDS = 15
_DISK_FREE_MIB = 512  # Cassandra's and Pulsar's files of one short session, with air.


def up(folder, names, asked, seconds_max):
    """Starts what does not run yet and waits until all is ready. Returns the backends.

    Fails as a whole: then nothing that this call started is left running.
    """
    with Instance(folder).lock():
        instance = Instance(folder)
        chosen = instance.named(names) or instance.named(DEFAULTS)
        _start(instance, chosen, asked, seconds_max)
        return [backend for backend, _ in chosen]


def _start(instance, chosen, asked, seconds_max):
    java = host.java_17()
    for backend, nodes in chosen:
        _require_whole(backend, nodes)
        _require_not_paused(nodes)
        if any(node.is_running() for node in backend.nodes):
            backend.require_as_asked(asked)
    to_start = [(backend, idle) for backend, nodes in chosen
                if (idle := [node for node in nodes if not node.is_running()])]
    for backend, _ in to_start:
        backend.fetch()
    _require_room(instance, to_start)
    started = []
    try:
        for backend, nodes in to_start:
            _launch(backend, nodes, asked, java, started)
        _await_ready(chosen, started, java, seconds_max)
    except BaseException:
        if started:
            say("ending what was started")
        for node in started:
            node.kill()
        raise


def _require_whole(backend, nodes):
    if not backend.exists() and len(nodes) < len(backend.nodes):
        raise Failed(f"{backend.name} starts as a whole the first time: "
                     f"scripts/backends up {backend.name}")


def _require_not_paused(nodes):
    for node in nodes:
        if node.state(lambda _: True) == "paused":
            raise Failed(f"{node.name} is paused: scripts/backends resume {node.name}")


def _require_room(instance, to_start):
    if to_start:
        needed_mib = sum(backend.memory_mib * len(nodes) for backend, nodes in to_start)
        host.require_memory(needed_mib, " and ".join(backend.name for backend, _ in to_start))
        host.require_disk(_DISK_FREE_MIB, instance.folder)


def _launch(backend, nodes, asked, java, started):
    backend.prepare(nodes, asked)
    for node in nodes:
        say(f"starting {node.name} ({backend.title}), log: {node.log}")
        started.append(node)
        node.launch(java, backend.arguments(node))


def _start_again(backend, node, java):
    say(f"{node.name} has started badly; once more")
    node.kill()
    node.make_folders()
    node.launch(java, backend.arguments(node))


def _await_ready(chosen, started, java, seconds_max):
    begun = shown = time.monotonic()
    pending = list(chosen)
    while pending:
        for backend, nodes in list(pending):
            for node in nodes:
                node.require_alive()
                if node in started and backend.is_spoilt(node):
                    _start_again(backend, node, java)
            if backend.settle(nodes):
                pending.remove((backend, nodes))
                say(f"{backend.name} is ready")
        now = time.monotonic()
        if pending and now - begun > seconds_max:
            _give_up(pending, seconds_max)
        if pending and now - shown > _PROGRESS_SECONDS:
            shown = now
            names = ", ".join(backend.name for backend, _ in pending)
            say(f"waiting for {names}, {int(now - begun)} s")
        waiting.pause(_POLL_SECONDS if pending else 0)


def _give_up(pending, seconds_max):
    backend, nodes = pending[0]
    node = next((node for node in nodes if not backend.is_ready(node)), nodes[0])
    raise Failed(f"{backend.name} was not ready in {seconds_max} s ({backend.problem}); the end of "
                 f"{node.log}:\n{node.log_tail()}")


def down(folder, names, wipe):
    """Stops servers; with `wipe` what they keep goes, too."""
    if not folder.is_dir():
        say("nothing there")
        return
    with Instance(folder).lock():
        instance = Instance(folder)
        chosen = instance.named(names)
        for backend, nodes in chosen:
            if wipe and len(nodes) < len(backend.nodes):
                raise Failed(f"--wipe takes a whole backend: {backend.name}")
        _stop(chosen)
        if wipe:
            instance.wipe([backend for backend, _ in chosen])
            say(f"removed what they kept in {folder}")


def _stop(chosen):
    running = [(node, node.process()) for _, nodes in chosen for node in nodes]
    for _, process in running:  # All at once, then wait for each.
        if process:
            process.terminate()
    for node, process in running:
        say(f"{node.name}: {_await_stop(process)}")
        node.forget()


def _await_stop(process):
    if not process:
        return "not running"
    with process:
        if process.await_end(_STOP_SECONDS):
            return "stopped"
        return f"killed, since it did not stop in {_STOP_SECONDS} s"


def restart(folder, names, asked, seconds_max):
    if not Instance(folder).existing():
        raise Failed(f"nothing was ever started in {folder}: scripts/backends up")
    with Instance(folder).lock():
        instance = Instance(folder)
        chosen = instance.named(names)
        _stop(chosen)
        _start(instance, chosen, asked, seconds_max)
        return [backend for backend, _ in chosen]


def kill(folder, names):
    """SIGKILL. Takes no lock: it works while another command waits for the servers."""
    _each_running(folder, names, "killed", lambda node: node.kill())


def pause(folder, names):
    """On return they stand still: the signal alone is only on its way."""
    _each_running(folder, names, "paused", _stop_still)


def _stop_still(node):
    running = node.process()
    if not running:
        return False
    with running:
        running.send(signal.SIGSTOP)
        return waiting.until(running.is_paused, _PAUSE_SECONDS)


def resume(folder, names):
    _each_running(folder, names, "resumed", lambda node: node.send(signal.SIGCONT))


def _each_running(folder, names, done, act):
    idle = []
    for _, nodes in Instance(folder).named(names):
        for node in nodes:
            if act(node):
                say(f"{node.name}: {done}")
            else:
                idle.append(node.name)
    if idle:
        raise Failed(f"not running: {', '.join(idle)}")


def unload(folder, what):
    pulsar = Instance(folder).backend("pulsar")
    if not pulsar.exists():
        raise Failed(f"there is no pulsar in {folder}: scripts/backends up pulsar")
    pulsar.unload(what)
    say(f"unloaded {what}")


def status(folder, names):
    """What is there, as a dictionary for JSON."""
    chosen = Instance(folder).named(names)
    backends = {backend.name: _status_of(backend, nodes) for backend, nodes in chosen}
    return {
        "dir": str(folder),
        "ready": bool(backends) and all(status["ready"] for status in backends.values()),
        "backends": backends,
    }


def _status_of(backend, nodes):
    listed = [_node_status(backend, node) for node in nodes]
    return {"ready": all(node["state"] == "ready" for node in listed), "nodes": listed,
            **dataclasses.asdict(backend.settings),
            "environment": backend.environment() if backend.exists() else {}}


def _node_status(backend, node):
    status = {"name": node.name, "state": node.state(backend.is_ready), "address": node.address,
              "pid": None, "memory_kib": 0, "log": str(node.log)}
    if running := node.process():
        with running:
            status |= {"pid": running.pid, "memory_kib": running.memory_kib()}
    return status


def to_text(status):
    """The same for people."""
    lines = []
    for backend in status["backends"].values():
        for node in backend["nodes"]:
            process = f"pid {node['pid']}, {node['memory_kib'] // 1024} MiB" if node["pid"] else ""
            lines.append(f"{node['name']:<13}{node['state']:<10}{process}".rstrip())
    lines += [f"{name}={value}" for backend in status["backends"].values() if backend["ready"]
              for name, value in backend["environment"].items()]
    return "\n".join(lines) or f"nothing was ever started in {status['dir']}"


def to_json(status):
    return json.dumps(status, indent=2)
