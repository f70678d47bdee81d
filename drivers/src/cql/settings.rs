//! What statements and batches are sent with.

use std::sync::Arc;

use scylla::policies::retry::{DefaultRetryPolicy, FallthroughRetryPolicy, RetryPolicy};
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};

use crate::abi::{YdBatchOptions, YdStatementOptions};
use crate::failure::{Failure, Status};

pub struct Settings {
    consistency: Consistency,
    serial: SerialConsistency,
    idempotent: bool,
}

impl Settings {
    pub fn of_statement(options: &YdStatementOptions) -> Result<Settings, Failure> {
        Settings::new(options.consistency, options.serial_consistency, options.idempotent)
    }

    fn new(consistency: u32, serial: u32, idempotent: u32) -> Result<Settings, Failure> {
        Ok(Settings {
            consistency: consistency_of(consistency)?,
            serial: serial_of(serial)?,
            idempotent: idempotent != 0,
        })
    }

    pub fn apply(&self, prepared: &mut PreparedStatement) {
        prepared.set_consistency(self.consistency);
        prepared.set_serial_consistency(Some(self.serial));
        prepared.set_is_idempotent(self.idempotent);
        prepared.set_retry_policy(Some(self.retries()));
    }

    pub fn of_batch(options: &YdBatchOptions) -> Result<Batch, Failure> {
        let settings =
            Settings::new(options.consistency, options.serial_consistency, options.idempotent)?;
        let kind = if options.logged != 0 { BatchType::Logged } else { BatchType::Unlogged };
        let mut batch = Batch::new(kind);
        batch.set_consistency(settings.consistency);
        batch.set_serial_consistency(Some(settings.serial));
        batch.set_is_idempotent(settings.idempotent);
        batch.set_retry_policy(Some(settings.retries()));
        Ok(batch)
    }

    fn retries(&self) -> Arc<dyn RetryPolicy> {
        if self.idempotent {
            Arc::new(DefaultRetryPolicy::new())
        } else {
            Arc::new(FallthroughRetryPolicy::new())
        }
    }
}

fn consistency_of(number: u32) -> Result<Consistency, Failure> {
    match number {
        1 => Ok(Consistency::One),
        4 => Ok(Consistency::Quorum),
        5 => Ok(Consistency::All),
        6 => Ok(Consistency::LocalQuorum),
        8 => Ok(Consistency::Serial),
        9 => Ok(Consistency::LocalSerial),
        10 => Ok(Consistency::LocalOne),
        _ => Err(Failure::new(Status::Invalid, format!("no consistency has the number {number}"))),
    }
}

fn serial_of(number: u32) -> Result<SerialConsistency, Failure> {
    match number {
        8 => Ok(SerialConsistency::Serial),
        9 => Ok(SerialConsistency::LocalSerial),
        _ => Err(Failure::new(Status::Invalid, format!("{number} is no serial consistency"))),
    }
}
