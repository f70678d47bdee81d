"""What an instance's servers and clients prove themselves with: made once, kept in secrets/."""

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import subprocess
import tempfile

from backends import host
from backends.report import Failed

USER = "yap"  # The one user, of Cassandra as of Pulsar; it may do everything.
_DAYS = 3650
_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3"


class Credentials:
    """The secrets/ folder of an instance. Each property makes its file when first asked for."""

    def __init__(self, folder):
        self._folder = folder

    @property
    def ca_file(self):
        """PEM, the certificate that clients trust. Its key is gone: it signs nothing else, ever."""
        return self._certificates() / "ca.pem"

    @property
    def certificate_file(self):
        return self._certificates() / "server.pem"

    @property
    def key_file(self):
        return self._certificates() / "server.key"

    @property
    def pair_file(self):
        """PEM, key and certificate in one, as Cassandra reads them."""
        return self._certificates() / "server-pair.pem"

    @property
    def password_file(self):
        """The password of USER in Cassandra."""
        return self._made("cassandra-password", lambda: secrets.token_urlsafe(24) + "\n")

    def password(self):
        return self.password_file.read_text(encoding="utf-8").strip()

    @property
    def token_key_file(self):
        """The key that Pulsar checks tokens with: the file's bytes, 43 letters of 256 random bits."""
        return self._made("pulsar-token-key", lambda: secrets.token_urlsafe(32))

    @property
    def token_file(self):
        """A token of USER for Pulsar."""
        return self._made("pulsar-token", lambda: sign_token(USER, self.token_key_file.read_bytes()))

    def token(self):
        return self.token_file.read_text(encoding="utf-8")

    def _made(self, name, content):
        path = self._folder / name
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            host.write_file(path, content())
        return path

    def _certificates(self):
        folder = self._folder / "tls"
        if not folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="tls.", dir=self._folder) as temporary:
                made = pathlib.Path(temporary) / "made"
                made.mkdir()
                _make_certificates(made)
                made.rename(folder)
        return folder


def _make_certificates(folder):
    """An authority and a certificate of the servers' addresses; the authority's key is thrown away."""
    host.require_program("openssl", "--tls makes its certificates with it")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-days", str(_DAYS)]
    _run(*new, "-subj", "/CN=yap backends authority", "-keyout", "ca.key", "-out", "ca.pem",
         "-addext", "keyUsage=critical,keyCertSign", cwd=folder)
    _run(*new, "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=localhost", "-keyout", "server.key",
         "-out", "server.pem", "-addext", "basicConstraints=critical,CA:FALSE", "-addext", _NAMES,
         "-addext", "extendedKeyUsage=serverAuth", cwd=folder)
    (folder / "ca.key").unlink()
    pair = [(folder / name).read_text(encoding="utf-8") for name in ("server.key", "server.pem")]
    host.write_file(folder / "server-pair.pem", "".join(pair))


def _run(*command, cwd):
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        raise Failed(f"{' '.join(command[:2])} failed:\n{run.stderr.strip()}")


def sign_token(subject, key):
    """A JSON Web Token (RFC 7519) for `subject`, signed with HS256, that never expires."""
    parts = [json.dumps(part, separators=(",", ":")).encode()
             for part in ({"alg": "HS256"}, {"sub": subject})]
    signed = b".".join(map(_base64url, parts))
    return (signed + b"." + _base64url(hmac.digest(key, signed, hashlib.sha256))).decode()


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
