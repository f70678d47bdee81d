"""A TCP proxy before a CQL server: it sees the frames that pass (native protocol, version 4, section 2) and
cuts answers to batches. What was asked for is done then, and who asked is not told."""

import socket
import struct
import threading

_BATCH = 0x0D
_HEADER_BYTES = 9


class CqlProxy:
    def __init__(self, host, port):
        self._target = (host, port)
        self._lock = threading.Lock()
        self._sockets = set()
        self._cuts, self._containing, self._shut_after = 0, b"", False
        self._shut = False
        self.cut = 0  # Answers that were cut so far.
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def cut_answers(self, count, containing=b"", shut=False):
        """Of the next `count` batches with these bytes. The connection goes with the answer; with `shut`
        all of them do, and nobody gets through from then on."""
        with self._lock:
            self._cuts, self._containing, self._shut_after = count, containing, shut

    def open(self):
        with self._lock:
            self._shut = False

    def close(self):
        self._listener.close()
        with self._lock:
            self._close_all()

    def _close_all(self):
        self._shut = True
        for one in self._sockets:
            _end(one)
        self._sockets.clear()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                if self._listener.fileno() < 0:
                    return
                client.close()
                continue
            with self._lock:
                if self._shut:
                    client.close()
                    server.close()
                    continue
                self._sockets |= {client, server}
            due = set()  # Streams of batches whose answers are to be cut.
            for pump in (self._to_server, self._to_client):
                threading.Thread(target=self._run, args=(pump, client, server, due), daemon=True).start()

    def _run(self, pump, client, server, due):
        try:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pump(client, server, due)
        except OSError:
            pass
        for one in (client, server):
            _end(one)
        with self._lock:
            self._sockets -= {client, server}

    def _to_server(self, client, server, due):
        for stream, kind, frame in _frames(client):
            if kind == _BATCH and self._is_to_be_cut(frame):
                due.add(stream)
            server.sendall(frame)

    def _is_to_be_cut(self, frame):
        with self._lock:
            if self._cuts == 0 or self._containing not in frame:
                return False
            self._cuts -= 1
            return True

    def _to_client(self, client, server, due):
        for stream, _, frame in _frames(server):
            if stream in due:
                with self._lock:
                    self.cut += 1
                    if self._shut_after:
                        self._close_all()
                return
            client.sendall(frame)


def _end(one):
    """Wakes whoever reads from it, too."""
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def _frames(source):
    """(stream, opcode, whole frame) of each frame, until the connection ends."""
    with source.makefile("rb") as file:
        while True:
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:
                return
            _, _, stream, kind, size = struct.unpack(">BBhBi", header)
            body = file.read(size)
            if len(body) < size:
                return
            yield stream, kind, header + body
