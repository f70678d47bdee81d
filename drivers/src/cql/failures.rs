//! The driver's errors as statuses of the ABI: above all, whether the request was certainly not done.

use std::io;

use scylla::errors::{
    BrokenConnectionErrorKind, ConnectionError, ConnectionPoolError,
    ConnectionSetupRequestErrorKind, DbError, ExecutionError, MetadataError,
    MetadataFetchErrorKind, NewSessionError, NextPageError, NextRowError, PrepareError,
    RequestAttemptError, RequestError, UseKeyspaceError,
};

use crate::failure::{Failure, Status};

/// Whether the driver may have sent a request before the one whose error it reports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    Once,
    Several,
}

impl Tries {
    pub fn of(idempotent: bool) -> Tries {
        if idempotent { Tries::Several } else { Tries::Once }
    }

    /// `status`, unless it promises what an earlier try may have broken.
    fn last(self, status: Status) -> Status {
        match (self, status) {
            (Tries::Several, Status::NotSent) => Status::Broken,
            _ => status,
        }
    }
}

pub fn execution(error: &ExecutionError, tries: Tries) -> Failure {
    let message = error.to_string();
    match error {
        ExecutionError::BadQuery(_) => Failure::new(Status::Invalid, message),
        ExecutionError::EmptyPlan | ExecutionError::ConnectionPoolError(_) => {
            Failure::new(tries.last(Status::NotSent), message)
        }
        ExecutionError::PrepareError(error) => preparation(error),
        ExecutionError::LastAttemptError(error) => attempt(error, tries),
        ExecutionError::RequestTimeout(_) => Failure::new(Status::Timeout, message),
        ExecutionError::UseKeyspaceError(error) => keyspace(error),
        // The change of the schema was made; whether all nodes know is open.
        _ => Failure::new(Status::Failed, message),
    }
}

/// Preparing changes nothing, so nothing is done, whatever went wrong.
pub fn preparation(error: &PrepareError) -> Failure {
    match error {
        PrepareError::AllAttemptsFailed {
            first_attempt: RequestAttemptError::DbError(code, text),
        } if refused(code) => server(Status::Refused, code, text),
        _ => Failure::new(Status::NotSent, error.to_string()),
    }
}

pub fn attempt(error: &RequestAttemptError, tries: Tries) -> Failure {
    use RequestAttemptError as E;
    let status = match error {
        E::SerializationError(_) | E::CqlRequestSerialization(_) => Status::Invalid,
        E::UnableToAllocStreamId => tries.last(Status::NotSent),
        E::BrokenConnectionError(_) => Status::Broken,
        E::DbError(code, text) => {
            let status = if refused(code) { Status::Refused } else { Status::Failed };
            return server(status, code, text);
        }
        E::RepreparedIdChanged { .. } | E::RepreparedIdMissingInBatch => Status::Refused,
        _ => Status::Failed,
    };
    Failure::new(status, error.to_string())
}

/// What a server says before it begins. All else may come when some replica has written already:
/// Cassandra reports "unavailable" and "overloaded" also in the middle of a conditional write.
fn refused(error: &DbError) -> bool {
    matches!(
        error,
        DbError::SyntaxError
            | DbError::Invalid
            | DbError::AlreadyExists { .. }
            | DbError::Unauthorized
            | DbError::AuthenticationError
            | DbError::ConfigError
            | DbError::ProtocolError
            | DbError::IsBootstrapping
            | DbError::Unprepared { .. }
    )
}

fn server(status: Status, code: &DbError, text: &str) -> Failure {
    Failure::new(status, format!("{code}: {text}")).with_code(code_of(code))
}

fn code_of(error: &DbError) -> i32 {
    match error {
        // Its number is agreed upon for each connection.
        DbError::RateLimitReached { .. } => -1,
        _ => error.code(&Default::default()),
    }
}

pub fn keyspace(error: &UseKeyspaceError) -> Failure {
    match error {
        UseKeyspaceError::RequestError(RequestAttemptError::DbError(DbError::Invalid, text)) => {
            server(Status::NoKeyspace, &DbError::Invalid, text)
        }
        UseKeyspaceError::RequestError(error) => attempt(error, Tries::Once),
        UseKeyspaceError::RequestTimeout(_) => Failure::timeout(),
        _ => Failure::new(Status::Invalid, error.to_string()),
    }
}

pub fn session(error: &NewSessionError) -> Failure {
    match error {
        NewSessionError::FailedToResolveAnyHostname(_) => {
            Failure::new(Status::Host, "the name has no address")
        }
        NewSessionError::MetadataError(error) => metadata(error),
        NewSessionError::UseKeyspaceError(error) => keyspace(error),
        _ => Failure::new(Status::Invalid, error.to_string()),
    }
}

fn metadata(error: &MetadataError) -> Failure {
    match error {
        MetadataError::ConnectionPoolError(ConnectionPoolError::Broken {
            last_connection_error,
        }) => connection(last_connection_error),
        MetadataError::FetchError(fetch) => match &fetch.error {
            MetadataFetchErrorKind::NextRowError(NextRowError::NextPageError(
                NextPageError::RequestFailure(RequestError::LastAttemptError(error)),
            ))
            | MetadataFetchErrorKind::PrepareError(error) => attempt(error, Tries::Once),
            _ => Failure::new(Status::Protocol, error.to_string()),
        },
        _ => Failure::new(Status::Unreachable, error.to_string()),
    }
}

fn connection(error: &ConnectionError) -> Failure {
    let message = error.to_string();
    match error {
        ConnectionError::ConnectTimeout => Failure::new(Status::Unreachable, message),
        ConnectionError::IoError(error) => Failure::new(of_io(error), message),
        ConnectionError::UseKeyspaceError(error) => keyspace(error),
        ConnectionError::BrokenConnection(error) => {
            Failure::new(of_broken(error.downcast_ref()), message)
        }
        ConnectionError::ConnectionSetupRequestError(error) => setup(error.get_error(), message),
        _ => Failure::new(Status::Unreachable, message),
    }
}

fn setup(error: &ConnectionSetupRequestErrorKind, message: String) -> Failure {
    use ConnectionSetupRequestErrorKind as E;
    match error {
        E::DbError(code @ (DbError::AuthenticationError | DbError::Unauthorized), text) => {
            server(Status::Auth, code, text)
        }
        E::DbError(code, text) => server(Status::Failed, code, text),
        E::MissingAuthentication => {
            Failure::new(Status::Auth, "the server asks for a user and a password")
        }
        E::StartAuthSessionError(_)
        | E::AuthChallengeEvaluationError(_)
        | E::AuthFinishError(_) => Failure::new(Status::Auth, message),
        E::BrokenConnection(error) => match of_broken(error.downcast_ref()) {
            Status::Protocol => Failure::new(Status::Protocol, NOT_CQL),
            status => Failure::new(status, message),
        },
        _ => Failure::new(Status::Protocol, message),
    }
}

/// As Cassandra does without TLS where it wants TLS, and as any other server does.
const NOT_CQL: &str = "it ends the connection instead of answering in CQL";

/// Of a connection that broke before it was ever good.
fn of_broken(error: Option<&BrokenConnectionErrorKind>) -> Status {
    match error {
        Some(BrokenConnectionErrorKind::WriteError(error)) => of_io(error),
        Some(BrokenConnectionErrorKind::KeepaliveTimeout(_)) => Status::Unreachable,
        _ => Status::Protocol,
    }
}

/// TLS errors come as I/O errors of no kind that the system has.
fn of_io(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidData => Status::Tls,
        _ => Status::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use scylla::errors::{
        BadQuery, BrokenConnectionErrorKind, ConnectionError, ConnectionPoolError, DbError,
        ExecutionError, PrepareError, RequestAttemptError, WriteType,
    };
    use scylla::statement::Consistency;

    use super::{Tries, connection, execution, preparation};
    use crate::failure::Status;

    fn server(error: DbError) -> ExecutionError {
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, "text".to_owned()))
    }

    fn no_pool() -> ConnectionPoolError {
        ConnectionPoolError::Broken { last_connection_error: ConnectionError::ConnectTimeout }
    }

    fn status(error: &ExecutionError) -> Status {
        execution(error, Tries::Once).status
    }

    #[test]
    fn what_the_server_refuses_was_not_done() {
        for error in [DbError::SyntaxError, DbError::Invalid, DbError::Unauthorized] {
            assert_eq!(status(&server(error)), Status::Refused);
        }
    }

    #[test]
    fn what_may_come_in_the_middle_of_a_write_is_unknown() {
        let consistency = Consistency::LocalQuorum;
        let unavailable = DbError::Unavailable { consistency, required: 2, alive: 1 };
        let write_type = WriteType::Cas;
        let timeout = DbError::WriteTimeout { consistency, received: 1, required: 2, write_type };
        for error in [unavailable, timeout, DbError::Overloaded, DbError::ServerError] {
            assert_eq!(status(&server(error)), Status::Failed);
        }
        let broken = BrokenConnectionErrorKind::ChannelError;
        let attempt = RequestAttemptError::BrokenConnectionError(broken.into());
        assert_eq!(status(&ExecutionError::LastAttemptError(attempt)), Status::Broken);
    }

    #[test]
    fn the_servers_code_and_words_are_kept() {
        let failure = execution(&server(DbError::Overloaded), Tries::Once);
        assert_eq!(failure.server_code, 0x1001);
        assert!(failure.message.ends_with("text"), "{}", failure.message);
    }

    #[test]
    fn without_a_connection_nothing_was_sent_unless_there_was_a_try_before() {
        let error = ExecutionError::ConnectionPoolError(no_pool());
        assert_eq!(execution(&error, Tries::Once).status, Status::NotSent);
        assert_eq!(execution(&error, Tries::Several).status, Status::Broken);
    }

    #[test]
    fn preparing_changes_nothing() {
        assert_eq!(
            preparation(&PrepareError::ConnectionPoolError(no_pool())).status,
            Status::NotSent
        );
        let first_attempt = RequestAttemptError::DbError(DbError::SyntaxError, String::new());
        let error = PrepareError::AllAttemptsFailed { first_attempt };
        assert_eq!(preparation(&error).status, Status::Refused);
    }

    #[test]
    fn a_request_that_is_malformed_is_invalid() {
        let error = ExecutionError::BadQuery(BadQuery::ValuesTooLongForKey(2, 1));
        assert_eq!(status(&error), Status::Invalid);
    }

    #[test]
    fn connection_errors_are_told_apart() {
        let io = |kind| ConnectionError::from(io::Error::from(kind));
        let refused = connection(&io(io::ErrorKind::ConnectionRefused));
        assert_eq!(refused.status, Status::Unreachable);
        let tls = connection(&ConnectionError::from(io::Error::other("certificate")));
        assert_eq!(tls.status, Status::Tls);
        let broken = BrokenConnectionErrorKind::ChannelError;
        let garbage = connection(&ConnectionError::BrokenConnection(broken.into()));
        assert_eq!(garbage.status, Status::Protocol);
    }
}
