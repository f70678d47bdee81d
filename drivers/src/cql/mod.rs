//! CQL: the entry points of sessions, statements and rows.

mod connect;
mod failures;
mod request;
mod rows;
mod settings;
mod values;

use std::ffi::c_void;
use std::sync::Arc;

use scylla::client::session::Session;
use scylla::statement::prepared::PreparedStatement;

use crate::abi::{
    YdBatchOptions, YdBound, YdCallback, YdCqlOptions, YdPage, YdRowsView, YdStatementOptions,
    YdText,
};
use crate::call::{Context, Object, Reply, entry};
use crate::runtime::YdRuntime;
use failures::{Tries, preparation};
use request::{Page, copy_batch, copy_bound, execute, whole};
use rows::Rows;
use settings::Settings;

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
        // SAFETY: the caller's promise.
        let context = unsafe { (*runtime).context.child() };
        let reply = Reply::new(&context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { connect::Options::copy(&*options) };
        let Some((reply, options)) = reply.with(copied) else { return };
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
            // SAFETY: the caller's promise.
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
        // SAFETY: the caller's promise.
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { statement.text("the statement") };
        let Some((reply, statement)) = reply.with(copied) else { return };
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
        // SAFETY: the caller's promise.
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { keyspace.text("the keyspace") };
        let Some((reply, keyspace)) = reply.with(copied) else { return };
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
        // SAFETY: the caller's promise.
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { Settings::of_statement(&*options) };
        let Some((reply, settings)) = reply.with(copied) else { return };
        // SAFETY: the caller's promise.
        let copied = unsafe { statement.text("the statement") };
        let Some((reply, statement)) = reply.with(copied) else { return };
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
            // SAFETY: the caller's promise.
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
        // SAFETY: the caller's promise.
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { copy_bound(&*bound) };
        let Some((reply, (prepared, row))) = reply.with(copied) else { return };
        // SAFETY: the caller's promise.
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
        // SAFETY: the caller's promise.
        let cql = unsafe { &*cql };
        let reply = Reply::new(&cql.context, callback, ctx);
        // SAFETY: the caller's promise.
        let copied = unsafe { copy_batch(bound, bound_count, &*options) };
        let Some((reply, (batch, rows))) = reply.with(copied) else { return };
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
    // SAFETY: the caller's promise.
    entry((), || unsafe { view.write((*rows).view()) });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_rows_free(rows: *mut Rows) {
    entry((), || {
        if !rows.is_null() {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(rows) });
        }
    });
}
