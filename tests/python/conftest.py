import itertools
import os
from pathlib import Path

import pytest

import stubs

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("YAPD", str(ROOT / "build/release/bin/yapd"))

stubs.generate()

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
