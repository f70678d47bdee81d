"""`yap` as a person has it before the eyes: a tmux of its own, keys in, screen out."""

import itertools
import os
import shlex
import subprocess
import sys
import time
import uuid

from yapd import ROOT, YAP

sys.path.insert(0, str(ROOT / "scripts/lib"))
from picture import cells  # noqa: E402


class Terminal:
    """A terminal of `columns` x `rows` that runs a shell in a home directory of its own.

    `home` outlives it: a second Terminal on the same home is the same person's."""

    def __init__(self, home, columns=80, rows=24, env=None, term="tmux-256color"):
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.socket = f"yap-{uuid.uuid4().hex[:12]}"
        self.buffers = itertools.count()
        clean = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PS1": "sh> ", "ENV": "",
                 "COLORTERM": "truecolor", **(env or {})}
        self.env = {name: value for name, value in clean.items() if value is not None}
        words = [f"{name}={value}" for name, value in self.env.items()]
        config = home / "tmux.conf"
        config.write_text(f"set -g default-terminal {term}\nset -g status off\nset -sg escape-time 0\n"
                          "set -ga terminal-overrides ',*:Tc'\n")
        self._tmux("-f", str(config), "new-session", "-d", "-x", str(columns), "-y", str(rows),
                   "env", "-i", *words, f"TERM={term}", "sh", "-i")
        self.wait_for("sh>")

    def _tmux(self, *words, check=True):
        run = subprocess.run(["tmux", "-L", self.socket, *words], capture_output=True, timeout=30, check=False,
                             env={**os.environ, "TMUX": "", "LANG": "C.UTF-8"})
        if check and run.returncode != 0:
            raise AssertionError(f"tmux {words}: {run.stderr.decode()}")
        return run.stdout.decode()

    def close(self):
        self._tmux("kill-server", check=False)

    # --- In ---
    def run(self, *args, wait=None):
        """Types a command line that runs yap."""
        self.type(" ".join([YAP, *args]))
        self.keys("Enter")
        if wait:
            self.wait_for(wait)
        return self

    def type(self, text):
        self._tmux("send-keys", "-l", "--", text)
        return self

    def keys(self, *names):
        """Keys by tmux's names: Enter, Escape, C-k, M-a, PPage, Up, F1."""
        for name in names:
            self._tmux("send-keys", name)
        return self

    def say(self, text):
        return self.type(text).keys("Enter")

    def paste(self, text):
        """As a terminal pastes: in brackets, where the program has asked for them."""
        buffer = f"b{next(self.buffers)}"
        subprocess.run(["tmux", "-L", self.socket, "load-buffer", "-b", buffer, "-"], input=text.encode(),
                       check=True, timeout=30)
        self._tmux("paste-buffer", "-p", "-r", "-d", "-b", buffer)
        return self

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    # --- Out ---
    def lines(self):
        return self._tmux("capture-pane", "-p").split("\n")

    def text(self):
        return "\n".join(self.lines())

    def colored(self):
        """With the SGR sequences of each cell, up to the last column."""
        return self._tmux("capture-pane", "-p", "-e", "-N")

    def record(self, path):
        """From here on all bytes that programs write to the terminal go to `path`, too."""
        self._tmux("pipe-pane", f"exec cat > {shlex.quote(str(path))}")

    def mode(self, format_):
        return self._tmux("display-message", "-p", format_).strip()

    def alternate(self):
        return self.mode("#{alternate_on}") == "1"

    def wait_for(self, *texts, seconds=20, gone=()):
        """Waits until every one of `texts` is on the screen, and none of `gone`."""
        end = time.monotonic() + seconds
        while True:
            screen = self.text()
            if all(text in screen for text in texts) and not any(text in screen for text in gone):
                return self
            if time.monotonic() > end:
                raise AssertionError(f"{texts} without {gone} did not come in {seconds} s; the screen:\n{screen}")
            time.sleep(0.03)

    def color_of(self, word):
        """The foreground of the first `word` on the screen, as (r, g, b); None: the terminal's own."""
        for row in cells.rows_of(self.colored()):
            line = "".join(cell.text for cell in row)
            if word in line:
                before = line.index(word)
                ends = itertools.accumulate(len(cell.text) for cell in row)
                return next(cell.look.foreground for cell, end in zip(row, ends) if end > before)
        raise AssertionError(f"{word} is not on the screen:\n{self.text()}")
