//! Opening a session.

use std::num::NonZeroUsize;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use scylla::client::PoolSize;
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::statement::{Consistency, SerialConsistency};

use crate::abi::{YdCqlOptions, YdTls};
use crate::cql::failures;
use crate::failure::{Failure, Status};
use crate::files;
use crate::tls;

const HOSTS_MAX: usize = 64;
const CONNECTIONS_PER_SHARD_MAX: usize = 16;

struct Tls {
    ca_file: String,
    cert_file: String,
    key_file: String,
}

pub struct Options {
    hosts: Vec<String>,
    keyspace: String,
    datacenter: String,
    username: String,
    password: String,
    tls: Option<Tls>,
    connections_per_shard: NonZeroUsize,
    connect_timeout: Duration,
    keepalive_interval: Duration,
    keepalive_timeout: Duration,
}

impl Options {
    /// # Safety
    /// The pointers of `from` are valid.
    pub unsafe fn copy(from: &YdCqlOptions) -> Result<Options, Failure> {
        if from.hosts_count == 0 || from.hosts_count > HOSTS_MAX {
            let message = format!("{} hosts; 1 to {HOSTS_MAX} are allowed", from.hosts_count);
            return Err(Failure::new(Status::Invalid, message));
        }
        let connections = (from.connections_per_shard as usize).clamp(1, CONNECTIONS_PER_SHARD_MAX);
        // SAFETY: the caller's promise.
        unsafe {
            let hosts = slice::from_raw_parts(from.hosts, from.hosts_count);
            Ok(Options {
                hosts: hosts.iter().map(|host| host.text("a host")).collect::<Result<_, _>>()?,
                keyspace: from.keyspace.text("the keyspace")?,
                datacenter: from.datacenter.text("the datacenter")?,
                username: from.username.text("the user name")?,
                password: from.password.text("the password")?,
                tls: Tls::copy(&from.tls)?,
                connections_per_shard: NonZeroUsize::new(connections).unwrap_or(NonZeroUsize::MIN),
                connect_timeout: millis(from.connect_timeout_ms),
                keepalive_interval: millis(from.keepalive_interval_ms),
                keepalive_timeout: millis(from.keepalive_timeout_ms),
            })
        }
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms.max(1)))
}

impl Tls {
    /// # Safety
    /// The pointers of `from` are valid.
    unsafe fn copy(from: &YdTls) -> Result<Option<Tls>, Failure> {
        if from.enabled == 0 {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        let (ca_file, cert_file, key_file) = unsafe {
            (
                from.ca_file.text("the name of the CA file")?,
                from.cert_file.text("the name of the certificate's file")?,
                from.key_file.text("the name of the key's file")?,
            )
        };
        if cert_file.is_empty() != key_file.is_empty() {
            let message = "a certificate needs its key and a key its certificate";
            return Err(Failure::new(Status::Invalid, message));
        }
        Ok(Some(Tls { ca_file, cert_file, key_file }))
    }
}

/// What was last found wrong in a server's certificate: OpenSSL's error does not say.
type Verdict = Arc<Mutex<Option<&'static str>>>;

fn found(verdict: &Verdict) -> MutexGuard<'_, Option<&'static str>> {
    verdict.lock().unwrap_or_else(PoisonError::into_inner)
}

pub async fn connect(options: Options) -> Result<Session, Failure> {
    let hosts = options.hosts.join(", ");
    let verdict = Verdict::default();
    let builder = configure(options, &verdict)?;
    builder.build().await.map_err(|error| {
        let failure = failures::session(&error);
        let message = match failure.status {
            Status::Tls => tls::explain(&failure.message, *found(&verdict)),
            _ => failure.message,
        };
        Failure { message: format!("CQL server {hosts}: {message}"), ..failure }
    })
}

fn configure(options: Options, verdict: &Verdict) -> Result<SessionBuilder, Failure> {
    let mut builder = SessionBuilder::new()
        .known_nodes(&options.hosts)
        .default_execution_profile_handle(profile().into_handle())
        .pool_size(PoolSize::PerShard(options.connections_per_shard))
        .connection_timeout(options.connect_timeout)
        .hostname_resolution_timeout(Some(options.connect_timeout))
        .keepalive_interval(options.keepalive_interval)
        .keepalive_timeout(options.keepalive_timeout)
        .tcp_nodelay(true);
    if !options.keyspace.is_empty() {
        builder = builder.use_keyspace(options.keyspace, true);
    }
    if !options.datacenter.is_empty() {
        builder = builder.prefer_datacenter(options.datacenter);
    }
    if !options.username.is_empty() {
        builder = builder.user(options.username, options.password);
    }
    if let Some(tls) = options.tls {
        builder = builder.tls_context(Some(connector(&tls, verdict)?));
    }
    Ok(builder)
}

/// The limit of each call is kept outside, and nothing is tried twice unless its statement says so.
fn profile() -> ExecutionProfile {
    ExecutionProfile::builder()
        .request_timeout(None)
        .consistency(Consistency::LocalQuorum)
        .serial_consistency(Some(SerialConsistency::LocalSerial))
        .retry_policy(std::sync::Arc::new(FallthroughRetryPolicy::new()))
        .build()
}

fn connector(tls: &Tls, verdict: &Verdict) -> Result<SslConnectorBuilder, Failure> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(openssl_failure)?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(openssl_failure)?;
    if !tls.ca_file.is_empty() {
        trust_only(&mut builder, &tls.ca_file)?;
    }
    if !tls.cert_file.is_empty() {
        show(&mut builder, tls)?;
    }
    let verdict = verdict.clone();
    builder.set_verify_callback(SslVerifyMode::PEER, move |good, certificate| {
        if !good {
            *found(&verdict) = Some(certificate.error().error_string());
        }
        good
    });
    Ok(builder)
}

fn trust_only(builder: &mut SslConnectorBuilder, ca_file: &str) -> Result<(), Failure> {
    let mut store = X509StoreBuilder::new().map_err(openssl_failure)?;
    for certificate in certificates(ca_file)? {
        store.add_cert(certificate).map_err(openssl_failure)?;
    }
    builder.set_cert_store(store.build());
    Ok(())
}

fn show(builder: &mut SslConnectorBuilder, tls: &Tls) -> Result<(), Failure> {
    let mut chain = certificates(&tls.cert_file)?.into_iter();
    if let Some(own) = chain.next() {
        builder.set_certificate(&own).map_err(openssl_failure)?;
    }
    for above in chain {
        builder.add_extra_chain_cert(above).map_err(openssl_failure)?;
    }
    let key = PKey::private_key_from_pem(&files::read(&tls.key_file)?).map_err(|_| {
        files::failure(&tls.key_file, "holds no private key in PEM without a password")
    })?;
    builder
        .set_private_key(&key)
        .map_err(|_| files::failure(&tls.key_file, "is not the key of the certificate"))
}

fn certificates(file: &str) -> Result<Vec<X509>, Failure> {
    match X509::stack_from_pem(&files::read(file)?) {
        Ok(stack) if !stack.is_empty() => Ok(stack),
        _ => Err(files::failure(file, "holds no certificate in PEM")),
    }
}

fn openssl_failure(error: openssl::error::ErrorStack) -> Failure {
    Failure::new(Status::Tls, format!("OpenSSL: {error}"))
}
