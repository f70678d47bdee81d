//! Pulsar: the entry points of clients. Those of producers and consumers are in their files.

mod connect;
mod consumer;
mod failures;
mod probe;
mod producer;

use std::ffi::c_void;

use pulsar::proto::MessageIdData;
use pulsar::{Pulsar, TokioExecutor};

use crate::abi::{YdCallback, YdMessageId, YdPulsarOptions};
use crate::call::{Context, Object, Reply, entry};
use crate::runtime::YdRuntime;

pub type Client = Pulsar<TokioExecutor>;

pub struct YdPulsar {
    client: Client,
    /// Of calls on this handle.
    context: Context,
    /// Of producers and consumers, which outlive it.
    runtime: Context,
}

impl Drop for YdPulsar {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_pulsar_connect(
    runtime: *mut YdRuntime,
    options: *const YdPulsarOptions,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let (runtime, options) =
            unsafe { ((*runtime).context.clone(), connect::Options::copy(&*options)) };
        let context = runtime.child();
        let reply = Reply::new(&context, callback, ctx);
        let Some((reply, options)) = reply.with(options) else { return };
        let inner = context.clone();
        context.answer(reply, limit_ms, async move {
            let client = connect::connect(options).await?;
            Ok(Object::boxed(YdPulsar { client, context: inner, runtime }))
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_pulsar_free(pulsar: *mut YdPulsar) {
    entry((), || {
        if pulsar.is_null() {
            return;
        }
        // SAFETY: the caller's promise.
        let pulsar = unsafe { Box::from_raw(pulsar) };
        let handle = pulsar.context.handle.clone();
        let _inside = handle.enter();
        drop(pulsar);
    });
}

fn id_of(id: &MessageIdData) -> YdMessageId {
    YdMessageId {
        ledger: id.ledger_id as i64,
        entry: id.entry_id as i64,
        partition: id.partition(),
        batch_index: id.batch_index(),
    }
}

fn data_of(id: &YdMessageId) -> MessageIdData {
    MessageIdData {
        ledger_id: id.ledger as u64,
        entry_id: id.entry as u64,
        partition: Some(id.partition),
        batch_index: Some(id.batch_index),
        ..Default::default()
    }
}
