"""The command line of scripts/cluster."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

from backends import lifecycle, waiting
from backends import report
from backends.backend import Asked
from cluster.cluster import Cluster, Settings
from cluster.program import Failed

_ROOT = pathlib.Path(__file__).resolve().parents[3]
# In every folder that `up` has used: only such a one is wiped.
_MARK = "made-by-scripts-cluster"
_EXAMPLES = """examples:
  scripts/cluster up                       prints the addresses of the two gateways
  yap --server 127.0.0.1:PORT register ann
  scripts/cluster up --bus none            without Pulsar: gateways ask every second
  scripts/cluster status
  scripts/cluster down --wipe              and forgets everything

Needs build/release/bin/yapd, built with the drivers (scripts/build release yapd yap).
"""


def main(arguments):
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # Keys and data are for this user alone.
    waiting.note_signals()
    try:
        return options.run(options)
    except (Failed, report.Failed, OSError) as failure:
        print(f"scripts/cluster: {failure}", file=sys.stderr)
        return 1
    except waiting.Interrupted as interrupted:
        print(f"scripts/cluster: {interrupted}", file=sys.stderr)
        return 128 + interrupted.number


def _parser():
    parser = argparse.ArgumentParser(
        prog="scripts/cluster", epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="A whole cluster on this machine: Cassandra, Pulsar, two chat-services, two gateways.")
    parser.add_argument("--dir", type=pathlib.Path, default=_ROOT / "build" / "cluster",
                        help="where everything is kept (default: build/cluster)")
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    up = verbs.add_parser("up", help="start what does not run, and wait until it serves")
    up.add_argument("--bus", choices=("pulsar", "none"), default="pulsar")
    up.add_argument("--topics", choices=("persistent", "non-persistent"), default="persistent")
    up.set_defaults(run=_up)
    down = verbs.add_parser("down", help="stop everything; what it keeps stays")
    down.add_argument("--wipe", action="store_true", help="remove what it keeps, too")
    down.set_defaults(run=_down)
    verbs.add_parser("status", help="what runs, and where").set_defaults(run=_status)
    return parser


def backends_of(folder, names):
    """Starts the backends of a cluster; answers their addresses as `scripts/backends up` prints them."""
    found = {}
    for backend in lifecycle.up(folder / "backends", names, Asked(), 180):
        found.update(backend.environment())
    return found


def _up(options):
    options.dir.mkdir(parents=True, exist_ok=True)
    (options.dir / _MARK).touch()
    names = ["cassandra"] + (["pulsar"] if options.bus == "pulsar" else [])
    where = backends_of(options.dir.absolute(), names)
    cluster = _cluster(options.dir, where["YAP_TEST_CQL"], where.get("YAP_TEST_PULSAR", ""),
                       options.topics)
    cluster.start()
    report.say("the cluster is up; a client may use any gateway")
    for gateway in cluster.gateways:
        print(cluster.address(gateway))
    return 0


def _down(options):
    if not (options.dir / _MARK).exists():
        raise Failed(f"{options.dir} is no folder of scripts/cluster up; nothing is done")
    _cluster(options.dir).stop()
    arguments = ["down", "--dir", str(options.dir.absolute() / "backends")]
    run = subprocess.run([_ROOT / "scripts/backends", *arguments,
                          *(["--wipe"] if options.wipe else [])], check=False)
    if options.wipe:
        _wipe(options.dir)
    return run.returncode


def _wipe(folder):
    """Only what we made: a mistyped --dir costs nobody his home."""
    for entry in folder.iterdir():
        if entry.name in ("keys", "backends") or entry.name.startswith(("chat", "gateway")):
            shutil.rmtree(entry, ignore_errors=True)
    for name in ("ports.json", _MARK):
        (folder / name).unlink(missing_ok=True)


def _status(options):
    cluster = _cluster(options.dir)
    down = 0
    for program in cluster.programs:
        pid = program.pid()
        down += not pid
        print(f"{program.name:<10} {cluster.address(program):<22} {f'pid {pid}' if pid else 'down'}")
    backends = subprocess.run([_ROOT / "scripts/backends", "status", "--dir",
                               str(options.dir.absolute() / "backends")], check=False)
    return 1 if down or backends.returncode else 0


def _cluster(folder, cql="", pulsar="", topics="persistent"):
    return Cluster(folder, _ROOT / "build/release/bin/yapd", Settings(cql, pulsar, topics))
