"""What scripts/backends tells, all of it on stderr: stdout is for the lines that `eval` reads."""

import sys
import time

_begun = time.monotonic()


class Failed(Exception):
    """Ends the command. The message says what happened and what to do next."""


def say(text):
    seconds = int(time.monotonic() - _begun)
    print(f"[{seconds // 60}:{seconds % 60:02}] {text}", file=sys.stderr, flush=True)
