"""`yap` as a person has it before the eyes: a tmux of its own, keys in, screen out."""

import itertools
import os
import re
import subprocess
import time
import uuid

from yapd import YAP

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")


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
        """With the SGR sequences of each cell."""
        return self._tmux("capture-pane", "-p", "-e")

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
        for line in self.colored().split("\n"):
            plain, colors, color, at = "", [], None, 0
            for match in _SGR.finditer(line):
                piece = line[at:match.start()]
                plain, colors = plain + piece, colors + [color] * len(piece)
                color, at = _foreground(match.group(1), color), match.end()
            plain, colors = plain + line[at:], colors + [color] * len(line[at:])
            if word in plain:
                return colors[plain.index(word)]
        raise AssertionError(f"{word} is not on the screen:\n{self.text()}")


def _foreground(parameters, color):
    numbers = [int(n or 0) for n in re.split("[;:]", parameters)] if parameters else [0]
    while numbers:
        number = numbers.pop(0)
        if number in (38, 48) and numbers[:1] == [2]:
            rgb, numbers = tuple(numbers[1:4]), numbers[4:]
            color = rgb if number == 38 else color
        elif number in (38, 48) and numbers[:1] == [5]:
            index, numbers = numbers[1], numbers[2:]
            color = index if number == 38 else color
        elif number in (0, 39):
            color = None
        elif 30 <= number <= 37 or 90 <= number <= 97:
            color = number
    return color
