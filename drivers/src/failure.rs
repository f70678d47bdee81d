//! Why a call failed: a status of the ABI, the server's code and one line for people.

/// `yd_status`; the header says which of them promise that nothing was done.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Timeout = 1,
    Cancelled = 2,
    Panic = 3,
    Broken = 4,
    Failed = 5,
    Invalid = 16,
    Full = 17,
    NotSent = 18,
    Refused = 19,
    Closed = 20,
    File = 32,
    Host = 33,
    Unreachable = 34,
    Tls = 35,
    Protocol = 36,
    Auth = 37,
    NoKeyspace = 38,
    NoTopic = 39,
    Busy = 40,
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub status: Status,
    /// -1: the server sent none.
    pub server_code: i32,
    pub message: String,
}

impl Failure {
    pub fn new(status: Status, message: impl Into<String>) -> Failure {
        Failure { status, server_code: -1, message: one_line(message.into()) }
    }

    pub fn with_code(mut self, code: i32) -> Failure {
        self.server_code = code;
        self
    }

    pub fn cancelled() -> Failure {
        Failure::new(Status::Cancelled, "stopped before the answer came")
    }

    pub fn timeout() -> Failure {
        Failure::new(Status::Timeout, "no answer within the limit")
    }
}

/// Servers send what they like; whoever logs it wants one line.
fn one_line(message: String) -> String {
    if message.contains('\n') {
        message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        message
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Status};

    #[test]
    fn a_message_is_one_line() {
        let failure = Failure::new(Status::Failed, "one\n   two\r\n\nthree");
        assert_eq!(failure.message, "one two three");
    }
}
