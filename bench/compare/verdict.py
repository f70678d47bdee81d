"""From the results of single runs to a verdict. Pure: no clock, no process, no file.

A run is what yap-bench writes with --json, as a dict. A run during which other processes used more than
OTHER_CORES_MAX says little about anybody; a shape with too few quiet runs is UNDECIDED, which is neither
a pass nor a failure."""

import dataclasses
import statistics

OTHER_CORES_MAX = 0.3
OK, BROKEN, UNDECIDED = "ok", "BROKEN", "UNDECIDED"


@dataclasses.dataclass(frozen=True)
class Bound:
    """yap's median of `measure` is at least, or at most, this; with a peer, its ratio to the peer's is."""

    shape: str
    measure: str
    peer: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, found):
        return ((self.at_least is None or found >= self.at_least)
                and (self.at_most is None or found <= self.at_most))

    def __str__(self):
        limit = f"≥ {self.at_least:,.10g}" if self.at_least is not None else f"≤ {self.at_most:,.10g}"
        return f"{self.shape}: {self.measure}" + (f", yap : {self.peer}" if self.peer else "") + f" {limit}"


def read_bounds(table):
    """From the parsed bounds.toml. Raises ValueError with what to mend."""
    bounds = []
    for entry in table.get("bound", []):
        if ("at_least" in entry) == ("at_most" in entry):
            raise ValueError(f"a bound needs either at_least or at_most: {entry}")
        try:
            bounds.append(Bound(**entry))
        except TypeError as wrong:
            raise ValueError(f"{wrong}: {entry}") from None
    return bounds


def is_quiet(run):
    return run["other_cores"] <= OTHER_CORES_MAX


def median(runs, measure):
    return statistics.median(run[measure] for run in runs)


def ratio(runs, measure, peer):
    """yap's median over the peer's; `runs` is system → runs. None where that cannot be said."""
    if not runs.get("yap") or not runs.get(peer):
        return None
    below = median(runs[peer], measure)
    return median(runs["yap"], measure) / below if below > 0 else None


def judge(bound, runs):
    """OK, BROKEN or UNDECIDED, and what was found: the ratio, or yap's median where there is no peer."""
    judged = ["yap", bound.peer] if bound.peer else ["yap"]
    if not all(runs.get(system) for system in judged):
        return UNDECIDED, None
    found = ratio(runs, bound.measure, bound.peer) if bound.peer else median(runs["yap"], bound.measure)
    if found is None or not all(is_quiet(run) for system in judged for run in runs[system]):
        return UNDECIDED, found
    return (OK if bound.holds(found) else BROKEN), found


def _number(places, scale=1.0):
    return lambda value: f"{value / scale:,.{places}f}"


_MIB = 2**20
# Measure → head of its column, and how a value is written.
COLUMNS = {
    "deliveries_per_second": ("deliveries/s", _number(0)),
    "messages_per_second": ("messages/s", _number(0)),
    "acknowledgements_per_second": ("acks/s", _number(0)),
    "latency_p50_us": ("p50 ms", _number(2, 1000)),
    "latency_p99_us": ("p99 ms", _number(2, 1000)),
    "ack_p50_us": ("ack p50 ms", _number(2, 1000)),
    "ack_p99_us": ("ack p99 ms", _number(2, 1000)),
    "server_cpu_ns_per_delivery": ("CPU ns/delivery", _number(0)),
    "resident_bytes_per_subscriber": ("KiB/subscriber", _number(1, 1024)),
    "connect_cpu_us": ("CPU µs/connect", _number(1)),
    "server_cores": ("server cores", _number(2)),
    "client_cores": ("client cores", _number(2)),
    "page_p50_us": ("page p50 µs", _number(0)),
    "page_p99_us": ("page p99 µs", _number(0)),
    "events_per_second": ("events/s", _number(0)),
    "server_cpu_ns_per_event": ("CPU ns/event", _number(0)),
    "server_memory_bytes": ("server + MiB", _number(1, _MIB)),
    "fill_messages_per_second": ("filled, messages/s", _number(0)),
    "p99_beside_to_alone": ("p99, beside : alone", _number(2)),
    "p99_alone_us": ("p99 alone ms", _number(2, 1000)),
    "p99_beside_us": ("p99 beside ms", _number(2, 1000)),
    "samples": ("samples", _number(0)),
    "behind_messages": ("behind, messages", _number(0)),
    "caught_up_seconds": ("caught up s", _number(2)),
    "store_reads_per_channel": ("store reads/channel", _number(2)),
}


def table(runs, columns):
    """Markdown, a line per system; the first column with its range, and with its ratio yap : peer."""
    heads = ["", *(COLUMNS[name][0] for name in columns), "lowest–highest", "other cores", "yap : this"]
    lines = [heads, ["---", *("--:" for _ in heads[1:])]]
    for system, of_system in runs.items():
        lines.append([system, *(_cell(of_system, name) for name in columns), _span(of_system, columns[0]),
                      f"{max(run['other_cores'] for run in of_system):.2f}",
                      _ratio_cell(runs, columns[0], system)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(runs, name):
    return COLUMNS[name][1](median(runs, name)) if name in runs[0] else ""


def _span(runs, name):
    write = COLUMNS[name][1]
    values = [run[name] for run in runs]
    return f"{write(min(values))}–{write(max(values))}"


def _ratio_cell(runs, name, system):
    found = None if system == "yap" else ratio(runs, name, system)
    return "" if found is None else f"{found:.2f}"
