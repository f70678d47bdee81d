import socket
import struct
import threading

from backends import cql
from backends.fixture import BackendsTest


def frame(kind, body=b""):
    return struct.pack(">BBhBi", 0x84, 0, 0, kind, len(body)) + body


def error(text):
    return frame(0x00, struct.pack(">iH", 0x2000, len(text)) + text)


READY, AUTHENTICATE, AUTH_SUCCESS, RESULT = frame(0x02), frame(0x03), frame(0x10), frame(0x08, b"rows")


class CqlTest(BackendsTest):
    """Against a server that gives its answers in turn, whatever it is asked, and notes that."""

    def connect(self, *answers):
        listener = socket.create_server(("127.0.0.1", 0))
        self.asked = []
        thread = threading.Thread(target=self._serve, args=(listener, answers))
        thread.start()
        self.addCleanup(thread.join)
        connection = cql.Connection("127.0.0.1", listener.getsockname()[1])
        self.addCleanup(connection.__exit__)
        return connection

    def _serve(self, listener, answers):
        with listener, listener.accept()[0] as peer:
            peer.settimeout(10)
            for answer in answers:
                header = peer.recv(9, socket.MSG_WAITALL)
                self.asked.append((header[4], peer.recv(struct.unpack(">i", header[5:])[0])))
                peer.sendall(answer[:5])  # In two pieces, as the network may.
                peer.sendall(answer[5:])

    def test_server_without_a_password_is_ready_at_once(self):
        self.connect(READY).start("yap", "secret")
        self.assertEqual(self.asked, [(0x01, b"\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0")])

    def test_login_sends_user_and_password(self):
        self.connect(AUTHENTICATE, AUTH_SUCCESS).start("yap", "secret")
        self.assertEqual(self.asked[1], (0x0F, b"\x00\x00\x00\x0b\x00yap\x00secret"))

    def test_server_that_wants_a_password_we_do_not_have_refuses(self):
        with self.assertRaisesRegex(cql.Refused, "asks for a password"):
            self.connect(AUTHENTICATE).start()

    def test_wrong_password_is_refused_with_the_server_s_words(self):
        with self.assertRaisesRegex(cql.Refused, "^bad login$"):
            self.connect(AUTHENTICATE, error(b"bad login")).start("yap", "wrong")

    def test_query_carries_its_consistency(self):
        connection = self.connect(READY, RESULT)
        connection.start()
        connection.query("SELECT 1", cql.ALL)
        self.assertEqual(self.asked[1], (0x07, b"\x00\x00\x00\x08SELECT 1\x00\x05\x00"))

    def test_something_else_that_listens_there_is_an_error(self):
        with self.assertRaisesRegex(ConnectionError, "does not speak CQL"):
            self.connect(b"HTTP/1.1 400 Bad Request\r\n\r\n").start()
        with self.assertRaisesRegex(ConnectionError, "closed the connection"):
            self.connect(b"\x84\x00").start()
