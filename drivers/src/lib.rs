//! The ScyllaDB/Cassandra and Pulsar drivers of yap behind a C ABI, which is specified in
//! `include/yapdrivers/yapdrivers.h`. README.md has the rules.

mod abi;
mod call;
mod cql;
mod failure;
mod files;
mod logging;
mod nodelay;
mod pulsar;
mod runtime;
mod tls;
