"""`yap` as a person at a shell, or a script, runs it."""

import os
import subprocess

from yapd import PASSWORD, YAP


class Shell:
    """One person's home directory."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        home.mkdir(parents=True, exist_ok=True)
        (home / "password").write_text(PASSWORD + "\n")
        self.env = {"HOME": str(home), "PATH": os.environ["PATH"], "YAP_SERVER": server.target,
                    "LANG": "C.UTF-8"}

    def run(self, *args, stdin="", code=0, env=None, timeout=60):
        run = subprocess.run([YAP, *args], input=stdin, env={**self.env, **(env or {})},
                             capture_output=True, text=True, timeout=timeout)
        assert run.returncode == code, (args, run.returncode, run.stdout, run.stderr)
        return run

    def start(self, *args):
        return subprocess.Popen([YAP, *args], env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

    def register(self, name):
        self.run("register", name, "--password-file", str(self.home / "password"))
        return self
