//! The client's errors as statuses of the ABI.

use std::io;

use pulsar::Error;
use pulsar::error::{ConnectionError, ConsumerError, ProducerError, ServiceDiscoveryError};
use pulsar::proto::ServerError;

use crate::failure::{Failure, Status};

pub fn of(error: &Error) -> Failure {
    match error {
        Error::Connection(error)
        | Error::Consumer(ConsumerError::Connection(error))
        | Error::Producer(ProducerError::Connection(error))
        | Error::ServiceDiscovery(ServiceDiscoveryError::Connection(error)) => connection(error),
        Error::ServiceDiscovery(ServiceDiscoveryError::Query(code, text)) => {
            server(*code, text.as_deref())
        }
        Error::Producer(ProducerError::Closed) => closed(),
        Error::Producer(ProducerError::Fenced) => Failure::new(Status::Busy, error.to_string()),
        Error::Authentication(_) => Failure::new(Status::Auth, error.to_string()),
        _ => Failure::new(Status::Failed, error.to_string()),
    }
}

pub fn closed() -> Failure {
    Failure::new(Status::Closed, "it was closed")
}

pub fn connection(error: &ConnectionError) -> Failure {
    let message = error.to_string();
    match error {
        ConnectionError::Io(error) => Failure::new(of_io(error), message),
        ConnectionError::PulsarError(code, text) => server(*code, text.as_deref()),
        ConnectionError::Tls(_) => Failure::new(Status::Tls, message),
        ConnectionError::Authentication(_) => Failure::new(Status::Auth, message),
        ConnectionError::Decoding(_) | ConnectionError::UnexpectedResponse(_) => {
            Failure::new(Status::Protocol, message)
        }
        ConnectionError::SlowDown => Failure::new(Status::Full, message),
        ConnectionError::NotFound => Failure::new(Status::Host, "the name has no address"),
        _ => Failure::new(Status::Broken, message),
    }
}

fn of_io(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::TimedOut => Status::Timeout,
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => Status::Unreachable,
        _ => Status::Broken,
    }
}

pub fn server(code: Option<ServerError>, text: Option<&str>) -> Failure {
    let Some(code) = code else {
        return Failure::new(Status::Failed, text.unwrap_or("an unknown error of the broker"));
    };
    let message = format!("{}: {}", code.as_str_name(), text.unwrap_or(""));
    Failure::new(of_server(code), message).with_code(code as i32)
}

fn of_server(code: ServerError) -> Status {
    use ServerError as E;
    match code {
        E::AuthenticationError | E::AuthorizationError => Status::Auth,
        E::TopicNotFound | E::InvalidTopicName => Status::NoTopic,
        E::ConsumerBusy | E::ProducerBusy | E::ProducerFenced => Status::Busy,
        E::TopicTerminatedError
        | E::NotAllowedError
        | E::IncompatibleSchema
        | E::UnsupportedVersionError => Status::Refused,
        _ => Status::Failed,
    }
}
