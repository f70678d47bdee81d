"""Apache Pulsar standalone: broker, bookie and metadata in one process; and its admin REST API."""

import re
import ssl
import urllib.error
import urllib.request

from backends import downloads, host
from backends.backend import JVM_FLAGS, Backend
from backends.credentials import USER
from backends.report import Failed

_HEAP_MIB, _DIRECT_MIB = 512, 384
_SECONDS_MAX = 20
_REGISTRATIONS_MAX = 20  # That a bookie loses in one start; none is usual.

_OPENS = """
java.base/java.io java.base/java.util.zip java.base/java.nio java.base/jdk.internal.misc
java.base/jdk.internal.platform java.base/sun.net java.management/sun.management
jdk.management/com.sun.management.internal
""".split()

_LOG4J = """<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %-5p %c{1.} - %m%n%ex{6}"/></Console>
  </Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""

# What differs from the stock standalone.conf. The first group is what yap relies on.
_SETTINGS = {
    # An answer means: on disk. The stock standalone answers first.
    "journalSyncData": "true",
    "journalMaxGroupWaitMSec": "1",
    # A waiting reader is told of a new message at once; the default of 10 delays each by up to 10 ms.
    "managedLedgerNewEntriesCheckDelayInMillis": "0",
    # The driver's producers count from 0 after each start: the broker would drop what they send.
    "brokerDeduplicationEnabled": "false",
    # A topic without producers and readers stays.
    "brokerDeleteInactiveTopicsEnabled": "false",
    # How often the broker looks for subscriptions whose expiry time is over, and stores what is acked.
    "subscriptionExpiryCheckIntervalInMinutes": "1",
    "managedLedgerCursorPositionFlushSeconds": "1",

    "bindAddress": "127.0.0.1",
    "advertisedAddress": "127.0.0.1",
    # Without it the bookie listens on all addresses.
    "listeningInterface": "lo",
    # Its test is inverted in 4.0.8: only "true" makes it use --bookkeeper-port.
    "allowEphemeralPorts": "true",
    "brokerShutdownTimeoutMs": "5000",
    "webSocketServiceEnabled": "true",
    # Small, for a machine that also builds and tests.
    "webSocketNumIoThreads": "2",
    "webSocketConnectionsPerBroker": "1",
    "numIOThreads": "2",
    "numHttpServerThreads": "8",
    "numOrderedExecutorThreads": "2",
    "numExecutorThreadPoolSize": "2",
    "numCacheExecutorThreadPoolSize": "2",
    "numWorkerThreadsForNonPersistentTopic": "1",
    "topicOrderedExecutorThreadNum": "2",
    "managedLedgerNumSchedulerThreads": "2",
    "bookkeeperClientNumWorkerThreads": "2",
    "bookkeeperClientNumIoThreads": "2",
    "bookkeeperNumberOfChannelsPerBookie": "2",
    "managedLedgerCacheSizeMB": "32",
    "dbStorage_writeCacheMaxSizeMb": "32",
    "dbStorage_readAheadCacheMaxSizeMb": "16",
    "dbStorage_rocksDB_blockCacheSize": "8388608",
    "journalMaxSizeMB": "64",
    "journalPreAllocSizeMB": "4",
}
_TOPIC = re.compile(r"(?:(persistent|non-persistent)://)?([^/]+)/([^/]+)/(.+)")


class Pulsar(Backend):

    title = f"Apache Pulsar {downloads.PULSAR_VERSION}"
    # The bookie's port is part of the identity that its data carry: it can never be another one.
    port_names = ("pulsar", "admin", "bookie")
    memory_mib = 480

    def fetch(self):
        downloads.pulsar()

    def configure(self, node):
        conf = node.folder / "conf"
        stock = (downloads.pulsar() / "conf/standalone.conf").read_text(encoding="utf-8")
        host.write_file(conf / "standalone.conf", replaced(stock, self._values()))
        host.write_file(conf / "log4j2.xml", _LOG4J)

    def _values(self):
        values = dict(_SETTINGS)
        broker, admin = (str(self.settings.ports[name]) for name in ("pulsar", "admin"))
        if self.settings.tls:
            # TLS only, the broker's calls to itself included.
            values |= {
                "brokerServicePort": "", "webServicePort": "",
                "brokerServicePortTls": broker, "webServicePortTls": admin,
                "tlsCertificateFilePath": str(self.credentials.certificate_file),
                "tlsKeyFilePath": str(self.credentials.key_file),
                "brokerClientTlsEnabled": "true",
                "brokerClientTrustCertsFilePath": str(self.credentials.ca_file),
                "webServiceTlsProvider": "",
            }
        else:
            values |= {"brokerServicePort": broker, "webServicePort": admin}
        if self.settings.auth:
            values |= {
                "authenticationEnabled": "true",
                "authenticationProviders":
                    "org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
                "tokenSecretKey": self.credentials.token_key_file.as_uri(),
                "authorizationEnabled": "true",
                "superUserRoles": USER,
                "brokerClientAuthenticationPlugin":
                    "org.apache.pulsar.client.impl.auth.AuthenticationToken",
                "brokerClientAuthenticationParameters": self.credentials.token_file.as_uri(),
            }
        return values

    def arguments(self, node):
        conf = node.folder / "conf"
        drivers = "org.apache.pulsar.metadata.bookkeeper.PulsarMetadata"
        return [
            *JVM_FLAGS, f"-Xmx{_HEAP_MIB}m", f"-XX:MaxDirectMemorySize={_DIRECT_MIB}m",
            *(f"--add-opens={module}=ALL-UNNAMED" for module in _OPENS),
            "-cp", f"{downloads.pulsar()}/lib/*", f"-Djava.io.tmpdir={node.folder}/tmp",
            "-Djava.net.preferIPv4Stack=true", "-Dpulsar.allocator.exit_on_oom=true",
            "-Dlog4j2.is.webapp=false", "-Dlog4j.shutdownHookEnabled=false",
            f"-Dlog4j.configurationFile={(conf / 'log4j2.xml').as_uri()}",
            f"-Dbookkeeper.metadata.bookie.drivers={drivers}BookieDriver",
            f"-Dbookkeeper.metadata.client.drivers={drivers}ClientDriver",
            f"-Dpulsar.config.file={conf}/standalone.conf",
            "org.apache.pulsar.PulsarStandaloneStarter", "--config", f"{conf}/standalone.conf",
            "--no-functions-worker", "--no-stream-storage", "--advertised-address", node.address,
            "--metadata-dir", f"{node.folder}/metadata",
            "--bookkeeper-dir", f"{node.folder}/bookkeeper",
            "--bookkeeper-port", str(self.settings.ports["bookie"]),
        ]

    def is_spoilt(self, node):
        """A race of 4.0.8, some starts in a hundred (apache/pulsar#17759 is of its kind): a bookie that was killed
        finds its old registration, and goes on for ever removing it and making it anew, with a core of its own."""
        removed = [line for line in node.log_lines() if "Lock on resource /ledgers/available/" in line]
        return len(removed) > _REGISTRATIONS_MAX

    def is_ready(self, node):
        """The health check publishes and reads a message; the namespace is made a little later."""
        try:
            return (self.admin("GET", "brokers/health") == "ok"
                    and "public/default" in self.admin("GET", "namespaces/public"))
        except Failed as failure:
            self.problem = str(failure)
            return False

    def environment(self):
        scheme, web = ("pulsar+ssl", "https") if self.settings.tls else ("pulsar", "http")
        address = self.nodes[0].address
        values = {"YAP_TEST_PULSAR": f"{scheme}://{address}:{self.settings.ports['pulsar']}",
                  "YAP_TEST_PULSAR_ADMIN": f"{web}://{address}:{self.settings.ports['admin']}"}
        if self.settings.auth:
            values["YAP_TEST_PULSAR_TOKEN_FILE"] = str(self.credentials.token_file)
        if self.settings.tls:
            values["YAP_TEST_PULSAR_CA_FILE"] = str(self.credentials.ca_file)
        return values

    def unload(self, what):
        """Makes the broker give up a topic or a namespace's topics: clients must reconnect."""
        self.admin("PUT", f"{admin_path(what)}/unload")

    def admin(self, method, path):
        """Calls the admin API below /admin/v2/. Returns the text of the answer; Failed unless 2xx."""
        url = f"{self.environment()['YAP_TEST_PULSAR_ADMIN']}/admin/v2/{path}"
        request = urllib.request.Request(url, method=method)
        handlers = [urllib.request.ProxyHandler({})]  # Loopback: no proxy of the environment.
        if self.settings.auth:
            request.add_header("Authorization", f"Bearer {self.credentials.token()}")
        if self.settings.tls:
            trust = ssl.create_default_context(cafile=self.credentials.ca_file)
            handlers.append(urllib.request.HTTPSHandler(context=trust))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=_SECONDS_MAX) as answer:
                return answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {url}: {error.code} {error.reason}") from error
        except OSError as error:
            raise Failed(f"{method} {url}: {error}") from error


def admin_path(what):
    """tenant/namespace or [persistent://]tenant/namespace/topic → its path in the admin API."""
    if match := _TOPIC.fullmatch(what):
        domain, tenant, namespace, topic = match.groups()
        return f"{domain or 'persistent'}/{tenant}/{namespace}/{urllib.request.quote(topic, safe='')}"
    if re.fullmatch(r"[^/:]+/[^/:]+", what):
        return f"namespaces/{what}"
    raise Failed(f"'{what}' is neither TENANT/NAMESPACE nor [persistent://]TENANT/NAMESPACE/TOPIC")


def replaced(stock, values):
    """The configuration `stock` with these values.

    Lines are replaced, never added twice: of its two readers, the bookie's joins repeated keys.
    """
    kept = [line for line in stock.splitlines() if line.partition("=")[0].strip() not in values]
    return "\n".join([*kept, *(f"{key}={value}" for key, value in values.items())]) + "\n"
