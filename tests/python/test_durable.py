"""C1 where it is decided: between a request and its answer lies a finished fdatasync, each time."""

import bisect
import re
import shutil
import time

import pytest

from yapd import wait_for

# "PID TIME fdatasync(7) = 0 <0.000123>", or "PID TIME <... fdatasync resumed>) = 0 <0.000123>".
CALL = re.compile(r"^\d+\s+([\d.]+) (?:<\.\.\. )?f(?:data)?sync(\(\d+\)| resumed>\)) += 0 <([\d.]+)>")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_c1_fdatasync_happens_before_each_ack(make_server, connect, tmp_path):
    trace = tmp_path / "trace"
    server = make_server(wrapper=["strace", "-D", "-f", "-ttt", "-T", "-e", "trace=fdatasync,fsync",
                                  "-o", str(trace)])
    ada = connect(server).register("ada")
    ada.create("deck")
    spans = []
    for i in range(1000):
        begin = time.time()
        ada.send("deck", f"message {i}")
        spans.append((begin, time.time()))
    server.stop()
    wait_for(lambda: "exited with 0" in trace.read_text()[-2000:], what="strace to write it all")
    finished = sorted(when(match) for match in map(CALL.match, trace.read_text().splitlines())
                      if match)
    without = [span for span in spans if not any_between(finished, *span)]
    assert len(spans) == 1000
    assert without == []


def when(match):
    """When the call returned: a resumed line is printed at its end, a whole one has its start."""
    start, whole, took = float(match[1]), match[2].startswith("("), float(match[3])
    return start + took if whole else start


def any_between(times, begin, end):
    at = bisect.bisect_left(times, begin)
    return at < len(times) and times[at] <= end
