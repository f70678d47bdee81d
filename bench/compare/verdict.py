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
    """yap's median of `measure` over the peer's is at least, or at most, this."""

    shape: str
    measure: str
    peer: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, ratio):
        return ((self.at_least is None or ratio >= self.at_least)
                and (self.at_most is None or ratio <= self.at_most))

    def __str__(self):
        limit = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return f"{self.shape}: {self.measure}, yap : {self.peer} {limit}"


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
    """OK, BROKEN or UNDECIDED, and the ratio."""
    found = ratio(runs, bound.measure, bound.peer)
    if found is None:
        return UNDECIDED, None
    if not all(is_quiet(run) for run in runs["yap"] + runs[bound.peer]):
        return UNDECIDED, found
    return (OK if bound.holds(found) else BROKEN), found


_COLUMNS = (
    ("deliveries/s", lambda runs: f"{median(runs, 'deliveries_per_second'):,.0f}"),
    ("lowest–highest", lambda runs: _span([run["deliveries_per_second"] for run in runs])),
    ("messages/s", lambda runs: f"{median(runs, 'messages_per_second'):,.0f}"),
    ("acks/s", lambda runs: f"{median(runs, 'acknowledgements_per_second'):,.0f}"),
    ("p50 ms", lambda runs: f"{median(runs, 'latency_p50_us') / 1000:.2f}"),
    ("p99 ms", lambda runs: f"{median(runs, 'latency_p99_us') / 1000:.2f}"),
    ("CPU ns/delivery", lambda runs: f"{median(runs, 'server_cpu_ns_per_delivery'):.0f}"),
    ("KiB/subscriber", lambda runs: f"{median(runs, 'resident_bytes_per_subscriber') / 1024:.1f}"),
    ("server cores", lambda runs: f"{median(runs, 'server_cores'):.2f}"),
    ("client cores", lambda runs: f"{median(runs, 'client_cores'):.2f}"),
    ("other cores", lambda runs: f"{max(run['other_cores'] for run in runs):.2f}"),
)


def _span(values):
    return f"{min(values) / 1e6:.2f}–{max(values) / 1e6:.2f} M"


def table(runs):
    """Markdown, a line per system; ratios are yap : peer."""
    heads = ["", *(head for head, _ in _COLUMNS), "yap : this", "CPU, yap : this"]
    lines = [heads, ["---", *("--:" for _ in heads[1:])]]
    for system, of_system in runs.items():
        cells = [cell(of_system) for _, cell in _COLUMNS]
        for measure in ("deliveries_per_second", "server_cpu_ns_per_delivery"):
            found = None if system == "yap" else ratio(runs, measure, system)
            cells.append("" if found is None else f"{found:.2f}")
        lines.append([system, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
