"""As much of the CQL binary protocol, version 4, as it takes to see that a server serves.

Specification: Apache Cassandra, doc/native_protocol_v4.spec.
"""

import socket
import ssl
import struct

ALL, LOCAL_QUORUM = 5, 6

_REQUEST, _RESPONSE = 0x04, 0x84
_ERROR, _STARTUP, _READY, _AUTHENTICATE, _QUERY, _RESULT = 0x00, 0x01, 0x02, 0x03, 0x07, 0x08
_AUTH_RESPONSE, _AUTH_SUCCESS = 0x0F, 0x10
_FRAME_BYTES_MAX = 1 << 20
_SECONDS_MAX = 10


class Refused(Exception):
    """The server answered with an error; its text."""


class Connection:
    """One connection, one request at a time. Errors: Refused; OSError where no server answers."""

    def __init__(self, address, port, ca_file=None):
        self._socket = socket.create_connection((address, port), timeout=_SECONDS_MAX)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if ca_file:
                trust = ssl.create_default_context(cafile=ca_file)
                self._socket = trust.wrap_socket(self._socket, server_hostname=address)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def start(self, user=None, password=None):
        """Opens the session; with a server that asks who we are, as `user`."""
        kind, _ = self._ask(_STARTUP, _string_map({"CQL_VERSION": "3.0.0"}), _READY, _AUTHENTICATE)
        if kind == _READY:
            return
        if user is None:
            raise Refused("the server asks for a password")
        self._ask(_AUTH_RESPONSE, _bytes(f"\0{user}\0{password}".encode()), _AUTH_SUCCESS)

    def query(self, statement, consistency=LOCAL_QUORUM):
        """Runs one statement; returns the body of the answer, undecoded."""
        text = statement.encode()
        body = struct.pack(">i", len(text)) + text + struct.pack(">HB", consistency, 0)
        return self._ask(_QUERY, body, _RESULT)[1]

    def _ask(self, kind, body, *expected):
        self._socket.sendall(struct.pack(">BBhBi", _REQUEST, 0, 0, kind, len(body)) + body)
        version, _, _, answer, size = struct.unpack(">BBhBi", self._read(9))
        if version != _RESPONSE or not 0 <= size <= _FRAME_BYTES_MAX:
            raise ConnectionError("what listens there does not speak CQL version 4")
        content = self._read(size)
        if answer == _ERROR:
            raise Refused(content[6:].decode(errors="replace"))
        if answer not in expected:
            raise ConnectionError(f"unexpected answer {answer:#x}")
        return answer, content

    def _read(self, size):
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the server closed the connection")
            data += piece
        return data


def _string_map(values):
    pairs = (_string(key) + _string(value) for key, value in values.items())
    return struct.pack(">H", len(values)) + b"".join(pairs)


def _string(text):
    return struct.pack(">H", len(text.encode())) + text.encode()


def _bytes(data):
    return struct.pack(">i", len(data)) + data
