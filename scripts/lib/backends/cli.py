"""The command line of scripts/backends."""

import argparse
import os
import pathlib
import shlex
import sys

from backends import lifecycle, ports, waiting
from backends.backend import Asked
from backends.instance import DEFAULTS, Instance
from backends.report import Failed

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_DIR = _ROOT / "build" / "backends"
_WAIT_SECONDS = 300

_ABOUT = """Runs real Cassandra and Pulsar servers on this machine's loopback addresses.

  cassandra    Apache Cassandra, one node
  cassandra3   Apache Cassandra, three nodes on 127.0.0.1 to 127.0.0.3, three copies
               (one of them: cassandra3/1, cassandra3/2, cassandra3/3)
  pulsar       Apache Pulsar standalone
"""
_EXAMPLES = """examples:
  eval "$(scripts/backends up)"            cassandra and pulsar; sets YAP_TEST_CQL, YAP_TEST_PULSAR, …
  env $(scripts/backends up) PROGRAM       the same for one program
  scripts/backends up --dir /tmp/b --auth --tls pulsar
  scripts/backends kill cassandra          kill -9; 'up' starts it again, with its data
  scripts/backends unload public/default
  scripts/backends down --wipe

Exit status: 0 done (status: all is ready); 1 failed, or not ready; 2 usage; 130 interrupted.
docs/backends.md has the rest.
"""


def main(arguments):
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # Data and secrets are for this user alone.
    waiting.note_signals()
    try:
        return options.run(options) or 0
    except Failed as failure:
        print(f"scripts/backends: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"scripts/backends: {error}", file=sys.stderr)
        return 1
    except waiting.Interrupted as interrupted:
        print(f"scripts/backends: {interrupted}", file=sys.stderr)
        return 128 + interrupted.number


def _parser():
    parser = argparse.ArgumentParser(prog="scripts/backends", description=_ABOUT, epilog=_EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(verbs, "up", _up, "start what does not run, wait until it is ready, print its addresses; no "
         f"name: what DIR has, else {' and '.join(DEFAULTS)}", _add_names, _add_settings)
    _add(verbs, "down", _down, "stop (TERM, after 30 s KILL); what they keep stays",
         _add_names, _add_wipe)
    _add(verbs, "status", _status, "what runs, and where", _add_names, _add_json)
    _add(verbs, "restart", _restart, "down and up", _add_names, _add_settings)
    for name, act, text in (
            ("kill", lifecycle.kill, "kill -9, as a crash"),
            ("pause", lifecycle.pause, "SIGSTOP: the server hangs, its connections stay"),
            ("resume", lifecycle.resume, "SIGCONT: it goes on")):
        _add(verbs, name, lambda options, act=act: act(options.dir, options.names), text, _add_names)
    _add(verbs, "unload", _unload, "make Pulsar give up a topic, or all of a namespace", _add_topic)
    _add(verbs, "fetch", _fetch, "only fill the cache", _add_names)
    return parser


def _add(verbs, name, run, text, *additions):
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(run=run)
    verb.add_argument("--dir", type=_absolute, default=_DIR, metavar="DIR",
                      help="where the servers keep everything (default: build/backends of this tree)")
    for addition in additions:
        addition(verb)


def _absolute(text):
    return pathlib.Path(text).resolve()


def _add_names(verb):
    verb.add_argument("names", nargs="*", metavar="NAME", help="cassandra, cassandra3, pulsar")


def _add_wipe(verb):
    verb.add_argument("--wipe", action="store_true", help="remove what they keep, too")


def _add_json(verb):
    verb.add_argument("--json", action="store_true", help="for programs")


def _add_topic(verb):
    verb.add_argument("what", metavar="TOPIC|NAMESPACE",
                      help="[persistent://]TENANT/NAMESPACE/TOPIC or TENANT/NAMESPACE")


def _add_settings(verb):
    switch = argparse.BooleanOptionalAction
    verb.add_argument("--auth", action=switch,
                      help="clients need a password (Cassandra), a token (Pulsar)")
    verb.add_argument("--tls", action=switch, help="clients need TLS, with a certificate made here")
    for name, what in ports.CHOOSABLE.items():
        verb.add_argument(f"--{name}-port", type=_port, default=0, metavar="N",
                          help=f"{what}; 0 or not given: that of the last start, else a free one")
    verb.add_argument("--wait", type=int, default=_WAIT_SECONDS, metavar="SECONDS",
                      help=f"how long servers may take to be ready (default: {_WAIT_SECONDS})")


def _port(text):
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _asked(options):
    chosen = {name: getattr(options, f"{name}_port") for name in ports.CHOOSABLE}
    return Asked(options.auth, options.tls, chosen)


def _up(options):
    _print_environment(lifecycle.up(options.dir, options.names, _asked(options), options.wait))


def _restart(options):
    _print_environment(lifecycle.restart(options.dir, options.names, _asked(options), options.wait))


def _print_environment(backends):
    for backend in backends:
        for name, value in backend.environment().items():
            print(f"{name}={shlex.quote(value)}")


def _down(options):
    lifecycle.down(options.dir, options.names, options.wipe)


def _status(options):
    status = lifecycle.status(options.dir, options.names)
    print(lifecycle.to_json(status) if options.json else lifecycle.to_text(status))
    return 0 if status["ready"] else 1


def _unload(options):
    lifecycle.unload(options.dir, options.what)


def _fetch(options):
    for backend, _ in Instance(options.dir).named(options.names or DEFAULTS):
        backend.fetch()
