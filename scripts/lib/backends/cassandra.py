"""Apache Cassandra as one node, or as three nodes that keep three copies."""

import json
import struct

from backends import cql, downloads, host
from backends.backend import JVM_FLAGS, Backend
from backends.credentials import USER

_HEAP_MIB = {1: 512, 3: 256}  # By number of nodes; 256 MiB give the same throughput, with less air.
_DIRECT_MIB = 256
# Cassandra's own user of the first start, who becomes powerless once USER is there.
_FIRST_USER = "cassandra"

# The module flags of the server's own jvm17-server.options.
_EXPORTS = """
java.base/jdk.internal.misc java.base/java.lang.ref java.management.rmi/com.sun.jmx.remote.internal.rmi
java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.sql/java.sql jdk.unsupported/sun.misc
jdk.compiler/com.sun.tools.javac.file jdk.attach/sun.tools.attach
""".split()
_OPENS = """
java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.io
java.base/java.nio java.base/java.util java.base/java.util.concurrent java.base/sun.nio.ch
java.base/jdk.internal.loader java.base/jdk.internal.ref java.base/jdk.internal.reflect
java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.util.jar
jdk.compiler/com.sun.tools.javac jdk.management/com.sun.management.internal
""".split()

_LOGBACK = """<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} %-5level %logger{20} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
  <logger name="org.apache.cassandra.config.Config" level="WARN"/>
  <logger name="org.apache.cassandra.db.compaction" level="WARN"/>
</configuration>
"""

# What does not depend on the node. The first group is what yap relies on.
_SETTINGS = {
    # An answer means: on disk. The default (periodic) answers first and syncs every 10 s.
    "commitlog_sync": "batch",
    # Two round trips for a conditional batch where v1, the default, makes four.
    "paxos_variant": "v2",
    # A disk that fails ends the server; it does not go on serving what it has in memory.
    "disk_failure_policy": "die",
    "commit_failure_policy": "die",

    "cluster_name": "yap",
    "num_tokens": 1,
    "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
    "endpoint_snitch": "SimpleSnitch",
    # All nodes of a new ring start empty: nothing to stream from the others.
    "auto_bootstrap": False,
    "start_native_transport": True,
    "auto_snapshot": False,
    # Small, for a machine that also builds and tests. A batch may take half a segment.
    "commitlog_segment_size": "16MiB",
    "commitlog_total_space": "64MiB",
    # Each on its own: of slabs every table takes a whole MiB with its first row, which the limit below
    # does not count. Twenty keyspaces of tests left the heap full of them, and the server collecting
    # garbage all the time.
    "memtable_allocation_type": "unslabbed_heap_buffers",
    "memtable_heap_space": "64MiB",
    "memtable_offheap_space": "0MiB",
    "file_cache_size": "32MiB",
    "key_cache_size": "1MiB",
    "concurrent_compactors": 1,
    "concurrent_reads": 8,
    "concurrent_writes": 8,
}


class Cassandra(Backend):

    title = f"Apache Cassandra {downloads.CASSANDRA_VERSION}"
    port_names = ("cql", "storage")

    @property
    def memory_mib(self):
        return _HEAP_MIB[len(self.nodes)] // 2 + 400

    def fetch(self):
        downloads.cassandra()

    def configure(self, node):
        conf = node.folder / "conf"
        # JSON is YAML, and leaves no question about quotes in paths.
        host.write_file(conf / "cassandra.yaml", json.dumps(self._yaml(node), indent=1))
        host.write_file(conf / "logback.xml", _LOGBACK)

    def _yaml(self, node):
        seeds = ",".join(f"{seed.address}:{self.settings.ports['storage']}" for seed in self.nodes)
        yaml = {
            **_SETTINGS,
            # All of them: any may start without any other, first or after a crash.
            "seed_provider": [{"class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                               "parameters": [{"seeds": seeds}]}],
            "listen_address": node.address,
            "rpc_address": node.address,
            "storage_port": self.settings.ports["storage"],
            "native_transport_port": self.settings.ports["cql"],
            "data_file_directories": [str(node.folder / "data")],
        }
        for name in ("commitlog", "hints", "saved_caches", "cdc_raw"):
            yaml[f"{name}_directory"] = str(node.folder / name)
        if self.settings.auth:
            yaml |= {"authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer",
                     "role_manager": "CassandraRoleManager"}
        if self.settings.tls:
            yaml["client_encryption_options"] = {
                "enabled": True, "optional": False, "keystore": str(self.credentials.pair_file),
                "ssl_context_factory": {
                    "class_name": "org.apache.cassandra.security.PEMBasedSslContextFactory"}}
        return yaml

    def arguments(self, node):
        jars, conf = downloads.cassandra(), node.folder / "conf"
        number, count = self.nodes.index(node), len(self.nodes)
        return [
            *JVM_FLAGS, "-Xss256k", f"-Xmx{_HEAP_MIB[count]}m",
            f"-XX:MaxDirectMemorySize={_DIRECT_MIB}m",
            *(f"--add-exports={module}=ALL-UNNAMED" for module in _EXPORTS),
            *(f"--add-opens={module}=ALL-UNNAMED" for module in _OPENS),
            "-Djdk.attach.allowAttachSelf=true", f"-javaagent:{jars}/jamm-0.4.0.jar",
            "-cp", f"{jars}/*", f"-Djava.io.tmpdir={node.folder}/tmp",
            f"-Dlogback.configurationFile={conf / 'logback.xml'}",
            f"-Dcassandra.config={(conf / 'cassandra.yaml').as_uri()}",
            f"-Dcassandra.storagedir={node.folder}", f"-Dcassandra.logdir={node.folder}/logs",
            "-Dcassandra-foreground=yes",
            f"-Dcassandra.initial_token={-2**63 + number * (2**64 // count)}",
            # A new ring on one machine has nobody to wait for.
            f"-Dcassandra.ring_delay_ms={1 if count == 1 else 1000}",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.superuser_setup_delay_ms=250",
            f"-Dcassandra.system_auth.default_rf={count}",
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    def is_ready(self, node):
        return self._does(node, self._log_in)

    def settle(self, nodes):
        if self.settings.auth and self._first_user_can(nodes[0]):
            self._replace_first_user(nodes[0])
            return False  # Asked again, it sees whether that did it.
        if not all(self.is_ready(node) for node in nodes):
            return False
        # A ring with a node down is a thing to test with, too: there nobody can reach all.
        whole = len(self.nodes) > 1 and all(node.is_running() for node in self.nodes)
        return not whole or all(self._reaches_all(node) for node in nodes)

    def _first_user_can(self, node):
        return self._does(node, lambda connection: connection.start(_FIRST_USER, _FIRST_USER))

    def _replace_first_user(self, node):
        def create(connection):
            connection.start(_FIRST_USER, _FIRST_USER)
            connection.query(f"CREATE ROLE IF NOT EXISTS {USER} WITH SUPERUSER = true AND LOGIN = true"
                             f" AND PASSWORD = '{self.credentials.password()}'")

        def retire(connection):
            self._log_in(connection)
            connection.query(f"ALTER ROLE {_FIRST_USER} WITH SUPERUSER = false AND LOGIN = false")

        if self._does(node, create):
            self._does(node, retire)

    def _log_in(self, connection):
        if self.settings.auth:
            connection.start(USER, self.credentials.password())
        else:
            connection.start()

    def _reaches_all(self, node):
        """Whether this node reaches every other: it reads a table that all three hold from all three."""
        def read(connection):
            self._log_in(connection)
            connection.query("SELECT * FROM system_distributed.view_build_status LIMIT 1", cql.ALL)

        return self._does(node, read)

    def _does(self, node, work):
        """Whether work(connection) succeeds."""
        ca_file = self.credentials.ca_file if self.settings.tls else None
        try:
            with cql.Connection(node.address, self.settings.ports["cql"], ca_file) as connection:
                work(connection)
        except (OSError, struct.error, cql.Refused) as error:
            self.problem = f"{node.name}: {error}"
            return False
        return True

    def environment(self):
        """YAP_TEST_CQL, of three nodes YAP_TEST_CQL3 with all their addresses."""
        prefix = "YAP_TEST_CQL" if len(self.nodes) == 1 else f"YAP_TEST_CQL{len(self.nodes)}"
        addresses = (f"{node.address}:{self.settings.ports['cql']}" for node in self.nodes)
        values = {prefix: ",".join(addresses)}
        if self.settings.auth:
            values |= {f"{prefix}_USER": USER,
                       f"{prefix}_PASSWORD_FILE": str(self.credentials.password_file)}
        if self.settings.tls:
            values[f"{prefix}_CA_FILE"] = str(self.credentials.ca_file)
        return values
