//! CQL: the entry points of sessions, statements and rows.

mod connect;
mod failures;
mod rows;
mod values;

use std::ffi::c_void;
use std::slice;
use std::sync::Arc;

use scylla::client::session::Session;
use scylla::errors::ExecutionError;
use scylla::policies::retry::{DefaultRetryPolicy, FallthroughRetryPolicy, RetryPolicy};
use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::statement::batch::{Batch, BatchStatement, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};

use crate::abi::{
    BATCH_MAX, CALL_BYTES_MAX, YdBatchOptions, YdBound, YdCallback, YdCqlOptions, YdPage,
    YdRowsView, YdStatementOptions, YdText,
};
use crate::call::{Context, Object, Reply, entry};
use crate::failure::{Failure, Status};
use crate::runtime::YdRuntime;
use failures::{Tries, execution, preparation};
use rows::Rows;
use values::Row;

pub struct YdCql {
    session: Arc<Session>,
    context: Context,
}

impl Drop for YdCql {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_connect(
    runtime: *mut YdRuntime,
    options: *const YdCqlOptions,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise, here and in each entry point below.
        let context = unsafe { (*runtime).context.child() };
        let reply = Reply::new(&context, callback, ctx);
        let options = match unsafe { connect::Options::copy(&*options) } {
            Ok(options) => options,
            Err(failure) => return reply.fail(&failure),
        };
        let inner = context.clone();
        context.answer(reply, limit_ms, async move {
            let session = Arc::new(connect::connect(options).await?);
            Ok(Object::boxed(YdCql { session, context: inner }))
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_free(cql: *mut YdCql) {
    entry((), || {
        if !cql.is_null() {
            let cql = unsafe { Box::from_raw(cql) };
            let handle = cql.context.handle.clone();
            let _inside = handle.enter();
            drop(cql);
        }
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_query(
    cql: *mut YdCql,
    statement: YdText,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        let statement = match unsafe { statement.text("the statement") } {
            Ok(statement) => statement,
            Err(failure) => return reply.fail(&failure),
        };
        let session = cql.session.clone();
        cql.context.answer(reply, limit_ms, async move {
            let result = session.query_unpaged(statement, ()).await;
            whole(result, Tries::Once)
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_use_keyspace(
    cql: *mut YdCql,
    keyspace: YdText,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        let keyspace = match unsafe { keyspace.text("the keyspace") } {
            Ok(keyspace) => keyspace,
            Err(failure) => return reply.fail(&failure),
        };
        let session = cql.session.clone();
        cql.context.answer(reply, limit_ms, async move {
            match session.use_keyspace(keyspace.as_str(), true).await {
                Ok(()) => Ok(Object::NONE),
                Err(error) => Err(failures::keyspace(&error)),
            }
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_prepare(
    cql: *mut YdCql,
    statement: YdText,
    options: *const YdStatementOptions,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        let settings = match unsafe { Settings::of_statement(&*options) } {
            Ok(settings) => settings,
            Err(failure) => return reply.fail(&failure),
        };
        let statement = match unsafe { statement.text("the statement") } {
            Ok(statement) => statement,
            Err(failure) => return reply.fail(&failure),
        };
        let session = cql.session.clone();
        cql.context.answer(reply, limit_ms, async move {
            let mut prepared =
                session.prepare(statement).await.map_err(|error| preparation(&error))?;
            settings.apply(&mut prepared);
            Ok(Object::boxed(prepared))
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_statement_free(statement: *mut PreparedStatement) {
    entry((), || {
        if !statement.is_null() {
            drop(unsafe { Box::from_raw(statement) });
        }
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_execute(
    cql: *mut YdCql,
    bound: *const YdBound,
    page: *const YdPage,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        let (prepared, row) = match unsafe { copy_bound(&*bound) } {
            Ok(copied) => copied,
            Err(failure) => return reply.fail(&failure),
        };
        let page = unsafe { page.as_ref().and_then(|page| Page::copy(page)) };
        let session = cql.session.clone();
        cql.context.answer(reply, limit_ms, execute(session, prepared, row, page));
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_cql_batch(
    cql: *mut YdCql,
    bound: *const YdBound,
    bound_count: usize,
    options: *const YdBatchOptions,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        let copied = unsafe { copy_batch(bound, bound_count, &*options) };
        let (batch, rows) = match copied {
            Ok(copied) => copied,
            Err(failure) => return reply.fail(&failure),
        };
        let session = cql.session.clone();
        cql.context.answer(reply, limit_ms, async move {
            let tries = Tries::of(batch.get_is_idempotent());
            whole(session.batch(&batch, rows).await, tries)
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_rows_get(rows: *const Rows, view: *mut YdRowsView) {
    entry((), || unsafe { view.write((*rows).view()) });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_rows_free(rows: *mut Rows) {
    entry((), || {
        if !rows.is_null() {
            drop(unsafe { Box::from_raw(rows) });
        }
    });
}

fn whole(result: Result<QueryResult, ExecutionError>, tries: Tries) -> Result<Object, Failure> {
    let result = result.map_err(|error| execution(&error, tries))?;
    Ok(Object::boxed(Rows::new(result, Vec::new())?))
}

async fn execute(
    session: Arc<Session>,
    mut prepared: PreparedStatement,
    row: Row,
    page: Option<Page>,
) -> Result<Object, Failure> {
    let tries = Tries::of(prepared.get_is_idempotent());
    let Some(page) = page else {
        return whole(session.execute_unpaged(&prepared, row).await, tries);
    };
    prepared.set_page_size(page.rows_max);
    let (result, next) = session
        .execute_single_page(&prepared, row, page.state)
        .await
        .map_err(|error| execution(&error, tries))?;
    let next = match next {
        PagingStateResponse::HasMorePages { state } => {
            state.as_bytes_slice().map(|bytes| bytes.to_vec()).unwrap_or_default()
        }
        PagingStateResponse::NoMorePages => Vec::new(),
    };
    Ok(Object::boxed(Rows::new(result, next)?))
}

struct Page {
    rows_max: i32,
    state: PagingState,
}

impl Page {
    /// # Safety
    /// The text of `page` is valid.
    unsafe fn copy(page: &YdPage) -> Option<Page> {
        let rows_max = i32::try_from(page.rows_max).unwrap_or(i32::MAX);
        if rows_max == 0 {
            return None;
        }
        let state = match unsafe { page.resume_state.bytes() } {
            [] => PagingState::start(),
            bytes => PagingState::new_from_raw_bytes(bytes),
        };
        Some(Page { rows_max, state })
    }
}

/// # Safety
/// The pointers of `bound` are valid.
unsafe fn copy_bound(bound: &YdBound) -> Result<(PreparedStatement, Row), Failure> {
    let prepared = unsafe { &*bound.statement.cast::<PreparedStatement>() };
    let values = match bound.values_count {
        0 => &[],
        count => unsafe { slice::from_raw_parts(bound.values, count) },
    };
    let row = unsafe { Row::copy(values, prepared.get_variable_col_specs()) }?;
    Ok((prepared.clone(), row))
}

/// # Safety
/// `bound` points to `count` valid ones.
unsafe fn copy_batch(
    bound: *const YdBound,
    count: usize,
    options: &YdBatchOptions,
) -> Result<(Batch, Vec<Row>), Failure> {
    if count == 0 || count > BATCH_MAX {
        let message = format!("a batch of {count} statements; 1 to {BATCH_MAX} are allowed");
        return Err(Failure::new(Status::Invalid, message));
    }
    let mut batch = Settings::of_batch(options)?;
    let mut rows = Vec::with_capacity(count);
    let mut bytes = 0;
    for one in unsafe { slice::from_raw_parts(bound, count) } {
        let (prepared, row) = unsafe { copy_bound(one) }?;
        bytes += row.bytes();
        batch.append_statement(BatchStatement::PreparedStatement(prepared));
        rows.push(row);
    }
    if bytes > CALL_BYTES_MAX {
        return Err(values::too_large(bytes));
    }
    Ok((batch, rows))
}

struct Settings {
    consistency: Consistency,
    serial: SerialConsistency,
    idempotent: bool,
}

impl Settings {
    fn of_statement(options: &YdStatementOptions) -> Result<Settings, Failure> {
        Settings::new(options.consistency, options.serial_consistency, options.idempotent)
    }

    fn new(consistency: u32, serial: u32, idempotent: u32) -> Result<Settings, Failure> {
        Ok(Settings {
            consistency: consistency_of(consistency)?,
            serial: serial_of(serial)?,
            idempotent: idempotent != 0,
        })
    }

    fn apply(&self, prepared: &mut PreparedStatement) {
        prepared.set_consistency(self.consistency);
        prepared.set_serial_consistency(Some(self.serial));
        prepared.set_is_idempotent(self.idempotent);
        prepared.set_retry_policy(Some(self.retries()));
    }

    fn of_batch(options: &YdBatchOptions) -> Result<Batch, Failure> {
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
