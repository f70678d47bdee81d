//! The tokio runtime on which everything runs, and the test hooks.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::abi::{ABI_VERSION, YdCallback};
use crate::call::{Context, Object, Reply, entry, live_callbacks};
use crate::failure::{Failure, Status};
use crate::logging;

const THREADS_MAX: usize = 16;
/// For name lookups, which block.
const BLOCKING_THREADS_MAX: usize = 4;

pub struct YdRuntime {
    runtime: Runtime,
    pub context: Context,
}

#[unsafe(no_mangle)]
pub extern "C" fn yd_abi_version() -> u32 {
    ABI_VERSION
}

#[unsafe(no_mangle)]
pub extern "C" fn yd_live_callbacks() -> u64 {
    live_callbacks()
}

#[unsafe(no_mangle)]
pub extern "C" fn yd_runtime_new(threads: u32) -> *mut YdRuntime {
    entry(std::ptr::null_mut(), || {
        logging::install_panic_hook();
        let runtime = Builder::new_multi_thread()
            .worker_threads((threads as usize).clamp(1, THREADS_MAX))
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .thread_name("yap-drivers")
            .on_thread_start(block_sigpipe)
            .enable_all()
            .build();
        let Ok(runtime) = runtime else { return std::ptr::null_mut() };
        let context = Context {
            handle: runtime.handle().clone(),
            due: Arc::new(AtomicU64::new(0)),
            stop: CancellationToken::new(),
        };
        Box::into_raw(Box::new(YdRuntime { runtime, context }))
    })
}

/// A write to a connection that the peer has closed is an error, not the end of the process. Programs in
/// Rust ignore the signal; ours may be any program, so it is held off on our threads only.
fn block_sigpipe() {
    // SAFETY: `set` is initialised by sigemptyset before it is used.
    unsafe {
        let mut set = std::mem::MaybeUninit::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// # Safety
/// `runtime` comes from `yd_runtime_new` and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_runtime_free(runtime: *mut YdRuntime, limit_ms: u32) -> u64 {
    entry(u64::MAX, || {
        if runtime.is_null() {
            return 0;
        }
        // SAFETY: the caller's promise.
        let runtime = unsafe { Box::from_raw(runtime) };
        // Tasks are dropped at their next await, and what they owe is answered by that.
        runtime.context.stop.cancel();
        runtime.runtime.shutdown_timeout(Duration::from_millis(u64::from(limit_ms)));
        runtime.context.due.load(Ordering::Acquire)
    })
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_test_task(
    runtime: *mut YdRuntime,
    kind: u32,
    ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let context = unsafe { &(*runtime).context };
        let reply = Reply::new(context, callback, ctx);
        context.answer(reply, u32::MAX, async move {
            match kind {
                0 => tokio::time::sleep(Duration::from_millis(u64::from(ms))).await,
                1 => panic!("asked to by a test"),
                2 => (0..ms).for_each(|line| log::warn!("test line {line}")),
                _ => return Err(Failure::new(Status::Invalid, "no such test")),
            }
            Ok(Object::NONE)
        });
    });
}
