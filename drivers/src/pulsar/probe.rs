//! Why no connection can be had. The client says "fatal error" for a wrong token, a certificate that
//! nobody signed and a port of something else; so one connection is made by hand before its own.

use std::fmt;
use std::io;

use native_tls::{Certificate, TlsConnector};
use prost::Message;
use pulsar::proto::base_command::Type;
use pulsar::proto::{BaseCommand, CommandConnect, client_version};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};

use crate::failure::{Failure, Status};
use crate::files;
use crate::pulsar::connect::{Options, token};
use crate::pulsar::failures;
use crate::tls;

/// As the client's own.
const PROTOCOL_VERSION: i32 = 12;
/// A command without a payload; what looks longer is not one.
const COMMAND_BYTES_MAX: u32 = 1024 * 1024;

pub struct Target {
    tls: bool,
    host: String,
    port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

impl Target {
    pub fn of(url: &str) -> Result<Target, Failure> {
        let malformed = || {
            let message =
                format!("{url}: not of the form pulsar://host:port or pulsar+ssl://host:port");
            Failure::new(Status::Invalid, message)
        };
        let (tls, rest) = match url.split_once("://") {
            Some(("pulsar", rest)) => (false, rest),
            Some(("pulsar+ssl", rest)) => (true, rest),
            _ => return Err(malformed()),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| malformed())?)
            }
            _ => (rest, if tls { 6651 } else { 6650 }),
        };
        if host.is_empty() || host.contains(['/', ',', '@']) {
            return Err(malformed());
        }
        Ok(Target { tls, host: host.to_owned(), port })
    }

    /// Without the brackets of an IPv6 address.
    fn name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

pub async fn check(target: &Target, options: &Options) -> Result<(), Failure> {
    let attempt = attempt(target, options);
    match tokio::time::timeout(options.connect_timeout, attempt).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(Status::Unreachable, "no answer")),
    }
}

async fn attempt(target: &Target, options: &Options) -> Result<(), Failure> {
    let data = match options.token_file.as_str() {
        "" => None,
        file => Some(token(file)?),
    };
    let stream = open(target).await?;
    if !target.tls {
        return handshake(stream, data).await;
    }
    let connector = tokio_native_tls::TlsConnector::from(connector(&options.ca_file)?);
    match connector.connect(target.name(), stream).await {
        Ok(stream) => handshake(stream, data).await,
        Err(error) => Err(Failure::new(Status::Tls, tls::explain(&error.to_string(), None))),
    }
}

async fn open(target: &Target) -> Result<TcpStream, Failure> {
    let no_address = || Failure::new(Status::Host, "the name has no address");
    let addresses = lookup_host((target.name(), target.port)).await.map_err(|_| no_address())?;
    let mut failure = no_address();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Failure::new(Status::Unreachable, error.to_string()),
        }
    }
    Err(failure)
}

fn connector(ca_file: &str) -> Result<TlsConnector, Failure> {
    let mut builder = TlsConnector::builder();
    if !ca_file.is_empty() {
        let certificates = Certificate::stack_from_pem(&files::read(ca_file)?).unwrap_or_default();
        if certificates.is_empty() {
            return Err(files::failure(ca_file, "holds no certificate in PEM"));
        }
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    builder.build().map_err(|error| Failure::new(Status::Tls, error.to_string()))
}

async fn handshake(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    data: Option<Vec<u8>>,
) -> Result<(), Failure> {
    stream.write_all(&connect_frame(data)).await.map_err(|error| not_pulsar(&error))?;
    let answer = read_command(&mut stream).await?;
    if let Some(error) = answer.error {
        return Err(failures::server(error.error.try_into().ok(), Some(&error.message)));
    }
    if answer.connected.is_none() && answer.auth_challenge.is_none() {
        return Err(Failure::new(Status::Protocol, "it does not answer as a Pulsar broker"));
    }
    Ok(())
}

/// Total size, command size, command.
fn connect_frame(data: Option<Vec<u8>>) -> Vec<u8> {
    let command = BaseCommand {
        r#type: Type::Connect as i32,
        connect: Some(CommandConnect {
            client_version: client_version(),
            auth_method_name: data.as_ref().map(|_| "token".to_owned()),
            auth_data: data,
            protocol_version: Some(PROTOCOL_VERSION),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec();
    let size = command.len() as u32;
    let mut frame = Vec::with_capacity(command.len() + 8);
    frame.extend_from_slice(&(size + 4).to_be_bytes());
    frame.extend_from_slice(&size.to_be_bytes());
    frame.extend_from_slice(&command);
    frame
}

async fn read_command(stream: &mut (impl AsyncRead + Unpin)) -> Result<BaseCommand, Failure> {
    let total = stream.read_u32().await.map_err(|error| not_pulsar(&error))?;
    let size = stream.read_u32().await.map_err(|error| not_pulsar(&error))?;
    if size > COMMAND_BYTES_MAX || size.checked_add(4) != Some(total) {
        return Err(Failure::new(Status::Protocol, "what answers there is not a Pulsar broker"));
    }
    let mut command = vec![0; size as usize];
    stream.read_exact(&mut command).await.map_err(|error| not_pulsar(&error))?;
    BaseCommand::decode(command.as_slice())
        .map_err(|error| Failure::new(Status::Protocol, error.to_string()))
}

fn not_pulsar(error: &io::Error) -> Failure {
    let message = format!("it ends the connection ({error}); is this its port, and is TLS right?");
    Failure::new(Status::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn parts(url: &str) -> Option<(bool, String, u16)> {
        Target::of(url).ok().map(|target| (target.tls, target.name().to_owned(), target.port))
    }

    #[test]
    fn a_url_names_host_and_port() {
        assert_eq!(parts("pulsar://broker"), Some((false, "broker".into(), 6650)));
        assert_eq!(parts("pulsar+ssl://broker/"), Some((true, "broker".into(), 6651)));
        assert_eq!(parts("pulsar://10.0.0.1:1234"), Some((false, "10.0.0.1".into(), 1234)));
        assert_eq!(parts("pulsar://[::1]:1234"), Some((false, "::1".into(), 1234)));
        assert_eq!(parts("pulsar://[::1]"), Some((false, "::1".into(), 6650)));
        for bad in ["", "broker:6650", "http://broker", "pulsar://", "pulsar://b:x", "pulsar://a,b"]
        {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
