"""What an operator's tools see of yapd: systemd, probes, signals; and what its log must never hold."""

import signal
import socket
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request

import grpc
import pytest
from grpc.health.v1 import health_pb2, health_pb2_grpc

from chat import PASSWORD, auth_service_pb2
from yapd import ChatService, GatewayServer, Yapd, wait_for

HEALTH = health_pb2.HealthCheckResponse


@pytest.fixture
def with_admin(make_server, tmp_path):
    """A server with metrics and health over HTTP; its address is in `admin_url`."""
    port_file = tmp_path / "admin-port"
    server = make_server(env={"YAPD_ADMIN_LISTEN": "127.0.0.1:0", "YAPD_ADMIN_PORT_FILE": str(port_file)})
    server.admin_url = f"http://127.0.0.1:{port_file.read_text().strip()}"
    return server


def get(server, path):
    try:
        with urllib.request.urlopen(server.admin_url + path, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_systemd_is_told_of_readiness_and_of_the_end(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        server = Yapd(tmp_path / "data", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}).start()
        try:
            assert systemd.recv(4096).decode().splitlines()[0] == "READY=1"
            assert server.stop() == 0
            assert systemd.recv(4096).decode().splitlines()[0] == "STOPPING=1"
        finally:
            server.close()


def test_probes_and_metrics_over_http(with_admin, connect):
    connect(with_admin).register("ada")
    assert get(with_admin, "/healthz") == (200, "ok\n")
    assert get(with_admin, "/readyz") == (200, "ready\n")
    status, figures = get(with_admin, "/metrics")
    assert status == 200
    assert "yap_build_info{" in figures and "yap_store_commit_seconds" in figures
    assert get(with_admin, "/")[0] == 404


class Noticing(GatewayServer):
    """A gateway that says "not ready" for a while before it goes, as behind a balancer."""

    def command(self, port):
        command = super().command(port)
        command[command.index("--drain-notice-seconds") + 1] = "3"
        return command


def test_probes_say_no_before_a_gateway_goes(tmp_path):
    secret, port_file = tmp_path / "cluster.key", tmp_path / "admin-port"
    service = ChatService(tmp_path / "chat", secret).start()
    gateway = Noticing(tmp_path / "gateway", [service.target], secret, env={
        "YAPD_ADMIN_LISTEN": "127.0.0.1:0", "YAPD_ADMIN_PORT_FILE": str(port_file)})
    try:
        gateway.start()
        gateway.admin_url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        wait_for(lambda: get(gateway, "/readyz") == (200, "ready\n"), what="the gateway to serve")
        with grpc.insecure_channel(gateway.target) as channel:
            watching = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(service="yap.v1.MessageService"))
            assert next(watching).status == HEALTH.SERVING
            gateway.process.send_signal(signal.SIGTERM)
            assert next(watching).status == HEALTH.NOT_SERVING
            assert get(gateway, "/readyz") == (503, "not ready: draining\n")
            assert get(gateway, "/healthz") == (200, "ok\n")
        assert gateway.process.wait(timeout=30) == 0
    finally:
        gateway.close()
        service.close()


def test_health_watch_tells_at_once_and_of_services_that_do_not_exist(server, connect):
    health = health_pb2_grpc.HealthStub(connect(server).channel)
    for service, status in (("", HEALTH.SERVING), ("yap.v1.MessageService", HEALTH.SERVING),
                            ("no.such.Service", HEALTH.SERVICE_UNKNOWN)):
        stream = health.Watch(health_pb2.HealthCheckRequest(service=service), timeout=10)
        assert next(stream).status == status
        stream.cancel()


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                    folder / "key.pem", "-out", folder / "cert.pem", "-days", "1", "-subj",
                    f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"], check=True,
                   capture_output=True)


def certificate_of(server):
    import ssl
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_sighup_takes_over_certificates_and_the_log_level_and_cuts_nobody_off(make_server, tmp_path):
    make_certificate(tmp_path, "first")
    config = tmp_path / "yapd.toml"
    config.write_text('[log]\nlevel = "error"\n')
    server = make_server(flags=["--config", str(config), "--tls-cert-file", str(tmp_path / "cert.pem"),
                                "--tls-key-file", str(tmp_path / "key.pem")])
    before, roots = certificate_of(server), (tmp_path / "cert.pem").read_bytes()
    channel = grpc.secure_channel(f"localhost:{server.port}", grpc.ssl_channel_credentials(roots))
    stream = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert next(stream).status == HEALTH.SERVING
    ended = threading.Event()
    stream.add_callback(ended.set)
    make_certificate(tmp_path, "second")
    config.write_text('[log]\nlevel = "info"\n')
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: certificate_of(server) != before, what="the new certificate")
    wait_for(lambda: "reloaded" in server.tail(), what="a line that only level info has")
    (tmp_path / "cert.pem").write_text("no certificate\n")
    kept = certificate_of(server)
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "certificates kept" in server.tail(), what="the refusal of what is none")
    assert certificate_of(server) == kept
    assert not ended.is_set()
    stream.cancel()
    channel.close()


def test_neither_log_nor_database_holds_a_secret(make_server, connect):
    """With everything logged: texts are in the database alone, passwords and tokens nowhere."""
    server = make_server(flags=["--log-level", "debug"])
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "the treasure is under the palm")
    with pytest.raises(grpc.RpcError):
        connect(server).login("ada", "the wrong password, long")
    again = connect(server).login("ada")
    fresh = ada.call(ada.auth.Refresh, auth_service_pb2.RefreshRequest(
        refresh_token=ada.tokens.refresh_token)).tokens
    again.call(again.auth.ChangePassword, auth_service_pb2.ChangePasswordRequest(
        old_password=PASSWORD, new_password="four large yellow ships"))
    server.admin("session", "open", "ada")
    assert server.stop() == 0
    secrets = [PASSWORD, "the wrong password, long", "four large yellow ships",
               *(token for tokens in (ada.tokens, again.tokens, fresh)
                 for token in (tokens.access_token, tokens.refresh_token))]
    log = server.log.read_bytes()
    files = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
    assert b'"serving"' in log and any(path.name == "yap.db" for path in files)
    for secret in secrets:
        assert secret and secret.encode() not in log, secret
        assert [path for path, content in files.items() if secret.encode() in content] == []
    assert b"treasure" not in log
    with sqlite3.connect(server.data / "yap.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
