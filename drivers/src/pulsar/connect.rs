//! Opening a client.

use std::time::Duration;

use async_trait::async_trait;
use pulsar::authentication::Authentication;
use pulsar::error::AuthenticationError;
use pulsar::{ConnectionRetryOptions, OperationRetryOptions, Pulsar, PulsarBuilder, TokioExecutor};

use crate::abi::YdPulsarOptions;
use crate::failure::Failure;
use crate::files;
use crate::pulsar::probe::{self, Target};
use crate::pulsar::{Client, failures};

/// How often and how long the client asks again by itself while a topic moves or a subscription is
/// taken; then it is for us to tell.
const OPERATION_RETRIES: u32 = 4;
const OPERATION_RETRY_DELAY: Duration = Duration::from_millis(250);
/// Commands of all producers of a connection on their way to its socket.
const OUTBOUND_MAX: usize = 1_000;

#[derive(Clone)]
pub struct Options {
    pub url: String,
    pub ca_file: String,
    pub token_file: String,
    pub connect_timeout: Duration,
    operation_timeout: Duration,
    keepalive: Duration,
}

impl Options {
    /// # Safety
    /// The pointers of `from` are valid.
    pub unsafe fn copy(from: &YdPulsarOptions) -> Result<Options, Failure> {
        // SAFETY: the caller's promise.
        let (url, ca_file, token_file) = unsafe {
            (
                from.url.text("the URL")?,
                from.ca_file.text("the name of the CA file")?,
                from.token_file.text("the name of the token's file")?,
            )
        };
        Ok(Options {
            url,
            ca_file,
            token_file,
            connect_timeout: millis(from.connect_timeout_ms),
            operation_timeout: millis(from.operation_timeout_ms),
            keepalive: millis(from.keepalive_ms),
        })
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms.max(1)))
}

/// Reads the token again for each connection, so that it can be replaced in place.
struct TokenFile(String);

#[async_trait]
impl Authentication for TokenFile {
    fn auth_method_name(&self) -> String {
        "token".to_owned()
    }

    async fn initialize(&mut self) -> Result<(), AuthenticationError> {
        Ok(())
    }

    async fn auth_data(&mut self) -> Result<Vec<u8>, AuthenticationError> {
        token(&self.0).map_err(|failure| AuthenticationError::Custom(failure.message))
    }
}

pub fn token(file: &str) -> Result<Vec<u8>, Failure> {
    let bytes = files::read(file)?;
    match bytes.trim_ascii() {
        [] => Err(files::failure(file, "is empty")),
        token => Ok(token.to_vec()),
    }
}

pub async fn connect(options: Options) -> Result<Client, Failure> {
    let target = Target::of(&options.url)?;
    let name_it = |failure: Failure| Failure {
        message: format!("Pulsar broker {target}: {}", failure.message),
        ..failure
    };
    probe::check(&target, &options).await.map_err(name_it)?;
    let client = builder(&options)?.build().await;
    client.map_err(|error| name_it(failures::of(&error)))
}

fn builder(options: &Options) -> Result<PulsarBuilder<TokioExecutor>, Failure> {
    let mut builder = Pulsar::builder(&options.url, TokioExecutor)
        .with_outbound_channel_size(OUTBOUND_MAX)
        .with_connection_retry_options(ConnectionRetryOptions {
            // Who waits for a connection is told at once that there is none and tries again himself.
            max_retries: 0,
            connection_timeout: options.connect_timeout,
            keep_alive: options.keepalive,
            ..ConnectionRetryOptions::default()
        })
        .with_operation_retry_options(OperationRetryOptions {
            operation_timeout: options.operation_timeout,
            retry_delay: OPERATION_RETRY_DELAY,
            max_retries: Some(OPERATION_RETRIES),
        });
    if !options.ca_file.is_empty() {
        builder = builder.with_certificate_chain(files::read(&options.ca_file)?);
    }
    if !options.token_file.is_empty() {
        builder = builder.with_auth_provider(Box::new(TokenFile(options.token_file.clone())));
    }
    Ok(builder)
}
