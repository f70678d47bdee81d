//! Files named in options.

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Status};

pub fn read(file: &str) -> Result<Vec<u8>, Failure> {
    fs::read(Path::new(file)).map_err(|error| failure(file, &format!("can't be read: {error}")))
}

pub fn failure(file: &str, problem: &str) -> Failure {
    Failure::new(Status::File, format!("{file} {problem}"))
}
