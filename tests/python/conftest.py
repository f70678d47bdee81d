import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("YAPD", str(ROOT / "build/release/bin/yapd"))


def generate_stubs():
    """Python stubs of the .proto files, made anew for each run: what a user of the API does."""
    out = Path(tempfile.mkdtemp(prefix="yap-stubs-"))
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    proto = ROOT / "proto"
    files = [str(p.relative_to(proto)) for p in proto.rglob("*.proto")]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{proto}", f"--python_out={out}",
                    f"--grpc_python_out={out}", *files], check=True, cwd=proto)
    sys.path.insert(0, str(out))
    import google  # `google` and `grpc` are packages of others; ours lie beside them.
    import grpc
    google.__path__.append(str(out / "google"))
    grpc.__path__.append(str(out / "grpc"))


generate_stubs()

from chat import Chat  # noqa: E402
from yapd import Yapd  # noqa: E402


@pytest.fixture
def make_server(tmp_path):
    servers, numbers = [], itertools.count()

    def make(**options):
        server = Yapd(tmp_path / f"data{next(numbers)}", **options)
        servers.append(server)
        return server.start()

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def connect():
    """connect(server): a new client, closed with the test."""
    made = []

    def make(server, token=None):
        made.append(Chat(server.target, token))
        return made[-1]

    yield make
    for chat in made:
        chat.close()
