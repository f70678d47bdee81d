"""The loads that bench/run knows: what yap-bench is told, which servers take part, what the table shows."""

import dataclasses

FANOUT = ("deliveries_per_second", "messages_per_second", "latency_p50_us", "latency_p99_us",
          "server_cpu_ns_per_delivery", "resident_bytes_per_subscriber", "server_cores", "client_cores")
OPEN = ("latency_p99_us", "latency_p50_us", "deliveries_per_second", "server_cpu_ns_per_delivery", "server_cores",
        "client_cores")
CONNECT = ("connect_cpu_us", "resident_bytes_per_subscriber")
DURABLE = ("acknowledgements_per_second", "ack_p50_us", "ack_p99_us", "server_cores")
HISTORY = ("page_p50_us", "page_p99_us", "events_per_second", "server_cpu_ns_per_event", "server_memory_bytes")
RESUME = ("events_per_second", "server_cpu_ns_per_event", "server_memory_bytes", "fill_messages_per_second")
SLOW = ("p99_beside_to_alone", "p99_alone_us", "p99_beside_us", "samples", "server_memory_bytes", "behind_messages")
STORM = ("caught_up_seconds", "store_reads_per_channel", "connect_cpu_us", "server_cores", "client_cores")


@dataclasses.dataclass(frozen=True)
class Shape:
    """One load. Of `columns`, the first is what the shape is about."""

    load: str  # What yap-bench is told, without what names the server.
    columns: tuple
    systems: tuple = ("yap", "nats", "redis", "floor")
    channels: int = 1
    yapd: dict = dataclasses.field(default_factory=dict)  # Configuration on top: variable → value.
    tls: bool = False
    # It has a length of its own: --seconds does not matter.
    timed: bool = True
    seconds_max: float = 150  # Beyond --seconds, for everything around what is measured.


def _fanout(in_flight, **more):
    return Shape(f"load --subscribers 1000 --bytes 128 --in-flight {in_flight}", FANOUT, **more)


def _open(rate):
    return Shape(f"load --subscribers 1000 --bytes 128 --rate {rate}", OPEN)


def _durable(in_flight):
    return Shape(f"load --subscribers 1 --afterwards --bytes 128 --until acknowledged --in-flight {in_flight}",
                 DURABLE, systems=("yap", "redis-always", "disk"))


def _channels(count, subscribers, per_connection=1):
    return Shape(f"load --channels {count} --subscribers {subscribers} --channels-per-connection {per_connection} "
                 "--bytes 128 --in-flight 1 --in-flight-total 1000", FANOUT, channels=count, seconds_max=400)


# Only for what is read afterwards: its log is filled in a minute instead of several.
_QUICK_FILL = {"YAPD_STORE_SYNCHRONOUS": "normal", "YAPD_STORE_UNSAFE_NORMAL_FOR_TESTS": "true"}


def _yap(load, columns, **more):
    return Shape(load, columns, systems=("yap",), **more)


SHAPES = {
    "fanout-256": _fanout(256),
    "fanout-32": _fanout(32),
    "fanout-1": _fanout(1),
    "channels-1000x10": _channels(1000, 10),
    "open-20": _open(20),
    "open-80": _open(80),
    "connect": Shape("load --subscribers 5000 --bytes 128 --rate 1 --warm-up 0", CONNECT),
    "durable-1": _durable(1),
    "durable-64": _durable(64),
    "history": _yap("backlog --by pages --events 100000", HISTORY, timed=False, yapd=_QUICK_FILL),
    "resume": _yap("backlog --by stream --events 1000000", RESUME, timed=False, yapd=_QUICK_FILL,
                   seconds_max=400),
    "slow": _yap("slow --subscribers 1000", SLOW, timed=False),
    "storm": _yap("storm --channels 50 --subscribers 100 --missed 100", STORM, timed=False),
    "tls-256": _fanout(256, systems=("yap",), tls=True),
    "threads-1": _fanout(256, systems=("yap",), yapd={"YAPD_THREADS_IO": "1"}),
    "threads-2": _fanout(256, systems=("yap",), yapd={"YAPD_THREADS_IO": "2"}),
}


def _subscribers(count):
    return Shape(f"load --subscribers {count} --bytes 128 --in-flight 32", FANOUT)


def _bytes(count):
    return Shape(f"load --subscribers 100 --bytes {count} --in-flight 32", FANOUT)


# What grows → its value → shape.
CURVES = {
    "subscribers": {n: _subscribers(n) for n in (100, 1000, 10000)},
    "channels": {n: _channels(n, 2, per_connection=min(n, 10)) for n in (1, 10, 100, 1000, 10000)},
    "bytes": {n: _bytes(n) for n in (32, 128, 512, 2048, 8192, 16384)},
    "threads": {1: SHAPES["threads-1"], 2: SHAPES["threads-2"]},
}
