"""Real Cassandra and Pulsar servers on loopback: the code of scripts/backends.

cli         the command line
lifecycle   up, down, kill, …: what a command does to the servers of an instance
instance    a state folder: its lock, its backends, which of them a command names
backend     what the two products have in common: settings, ports, nodes
cassandra   Apache Cassandra: configuration, command line, readiness, accounts
pulsar      Apache Pulsar standalone: the same, and the unloading of topics
node        one server process: its folder, log, start and end
process     finding and signalling a process by a token on its command line
downloads   the servers' jars from Maven Central, pinned, into the cache
credentials certificates, passwords and tokens of an instance
ports       free ports that no other instance has
cql         as much of the CQL protocol as it takes to see that a server serves
host        what the machine must have: a JDK 17, programs, memory
waiting     waits that a signal ends, and locks
report      progress and errors

Python 3.11, standard library only.
"""
