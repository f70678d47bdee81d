//! One subscription to read. A task owns the client's consumer, hands messages on as credits allow,
//! and makes a new one when the stream ends.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use pulsar::consumer::{Consumer, ConsumerOptions, InitialPosition, Message};
use pulsar::proto::MessageIdData;
use pulsar::{SubType, TokioExecutor};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::abi::{
    YdCallback, YdConsumerOptions, YdMessage, YdMessageId, YdOnEvent, YdOnMessage, events,
};
use crate::call::{Context, Due, Object, Reply, entry, outcome, success, why_dropped};
use crate::failure::{Failure, Status};
use crate::pulsar::{Client, YdPulsar, data_of, failures, id_of};

const CREDITS_MAX: u32 = 100_000;
/// Between two tries to subscribe: this long first, then twice as long each time, to the second.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

type Stream = Consumer<Vec<u8>, TokioExecutor>;

struct Close {
    unsubscribe: bool,
    done: oneshot::Sender<Result<(), Failure>>,
}

pub struct YdConsumer {
    closes: mpsc::UnboundedSender<Close>,
    acks: watch::Sender<Option<MessageIdData>>,
    credits: Arc<Semaphore>,
    context: Context,
}

impl Drop for YdConsumer {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}

/// Whom to tell. Dropped, it says YD_ENDED, so that this is always said, and last.
struct Receiver {
    on_message: YdOnMessage,
    on_event: YdOnEvent,
    ctx: *mut c_void,
    end: Option<Failure>,
    _due: Due,
}

// SAFETY: the ABI says that calls come on any thread; ctx is only handed through.
unsafe impl Send for Receiver {}

impl Receiver {
    fn message(&mut self, message: &Message<Vec<u8>>) {
        let payload = &message.payload.data;
        let message = YdMessage {
            id: id_of(message.message_id()),
            payload: payload.as_ptr(),
            length: payload.len(),
            publish_time_ms: message.payload.metadata.publish_time,
        };
        // SAFETY: the ABI's contract on handlers.
        unsafe { (self.on_message)(self.ctx, &raw const message) }
    }

    fn subscribed(&mut self) {
        // SAFETY: the ABI's contract on handlers.
        unsafe { (self.on_event)(self.ctx, events::SUBSCRIBED, &success(std::ptr::null_mut())) }
    }

    fn failed(&mut self, event: i32, why: &Failure) {
        // SAFETY: the ABI's contract on handlers.
        unsafe { (self.on_event)(self.ctx, event, &outcome(why)) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let why = self.end.take().unwrap_or_else(why_dropped);
        self.failed(events::ENDED, &why);
    }
}

#[derive(Clone)]
struct Subscription {
    client: Client,
    topic: String,
    name: String,
    consumer: String,
    position: InitialPosition,
    queue: u32,
}

impl Subscription {
    /// # Safety
    /// The pointers of `options` are valid.
    unsafe fn copy(client: &Client, options: &YdConsumerOptions) -> Option<Subscription> {
        // SAFETY: the caller's promise.
        let texts =
            unsafe { [options.topic, options.subscription, options.name].map(|t| t.text("")) };
        let [Ok(topic), Ok(name), Ok(consumer)] = texts else { return None };
        let in_bounds = (1..=CREDITS_MAX).contains(&options.credits);
        if topic.is_empty() || name.is_empty() || !in_bounds || options.position > 1 {
            return None;
        }
        let position = match options.position {
            0 => InitialPosition::Latest,
            _ => InitialPosition::Earliest,
        };
        let client = client.clone();
        Some(Subscription { client, topic, name, consumer, position, queue: options.credits })
    }

    async fn subscribe(self) -> Result<Stream, Failure> {
        let options = ConsumerOptions::default()
            .durable(true)
            .with_initial_position(self.position)
            .with_receiver_queue_size(self.queue);
        let mut builder = self
            .client
            .consumer()
            .with_topic(self.topic)
            .with_subscription(self.name)
            .with_subscription_type(SubType::Exclusive)
            .with_batch_size(self.queue)
            .with_options(options);
        if !self.consumer.is_empty() {
            builder = builder.with_consumer_name(self.consumer);
        }
        builder.build().await.map_err(|error| failures::of(&error))
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_consumer_open(
    pulsar: *mut YdPulsar,
    options: *const YdConsumerOptions,
) -> *mut YdConsumer {
    entry(std::ptr::null_mut(), || {
        // SAFETY: the caller's promise.
        let (pulsar, options) = unsafe { (&*pulsar, &*options) };
        // SAFETY: the caller's promise.
        let Some(subscription) = (unsafe { Subscription::copy(&pulsar.client, options) }) else {
            return std::ptr::null_mut();
        };
        let context = pulsar.runtime.child();
        let receiver = Receiver {
            on_message: options.on_message,
            on_event: options.on_event,
            ctx: options.ctx,
            end: None,
            _due: Due::new(&context.due),
        };
        let credits = Arc::new(Semaphore::new(options.credits as usize));
        Box::into_raw(Box::new(YdConsumer::start(context, subscription, receiver, credits)))
    })
}

impl YdConsumer {
    fn start(
        context: Context,
        subscription: Subscription,
        receiver: Receiver,
        credits: Arc<Semaphore>,
    ) -> YdConsumer {
        let (closes, to_close) = mpsc::unbounded_channel();
        let (acks, to_ack) = watch::channel(None);
        let worker = Worker { subscription, receiver, credits: credits.clone(), to_ack, to_close };
        let stop = context.stop.clone();
        context.handle.spawn(async move {
            tokio::select! {
                () = worker.run() => {}
                () = stop.cancelled() => {}
            }
        });
        YdConsumer { closes, acks, credits, context }
    }
}

struct Worker {
    subscription: Subscription,
    receiver: Receiver,
    credits: Arc<Semaphore>,
    to_ack: watch::Receiver<Option<MessageIdData>>,
    to_close: mpsc::UnboundedReceiver<Close>,
}

enum End {
    Lost(Failure),
    Closed(Close),
}

impl Worker {
    async fn run(mut self) {
        let mut backoff = BACKOFF_FIRST;
        loop {
            let end = match self.subscribe().await {
                Ok(mut stream) => {
                    backoff = BACKOFF_FIRST;
                    self.receiver.subscribed();
                    match self.consume(&mut stream).await {
                        End::Closed(close) => return self.leave(close, stream).await,
                        lost => lost,
                    }
                }
                Err(end) => end,
            };
            match end {
                End::Lost(failure) => self.receiver.failed(events::LOST, &failure),
                End::Closed(close) => return self.leave_unsubscribed(close),
            }
            tokio::select! {
                Some(close) = self.to_close.recv() => return self.leave_unsubscribed(close),
                () = sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// In a task of its own, because it must not be dropped midway.
    async fn subscribe(&mut self) -> Result<Stream, End> {
        let whole = tokio::spawn(self.subscription.clone().subscribe());
        tokio::select! {
            Some(close) = self.to_close.recv() => Err(End::Closed(close)),
            result = whole => match result {
                Ok(result) => result.map_err(End::Lost),
                Err(error) => Err(End::Lost(Failure::new(Status::Panic, error.to_string()))),
            },
        }
    }

    async fn consume(&mut self, stream: &mut Stream) -> End {
        let mut may_take = false;
        loop {
            tokio::select! {
                Some(close) = self.to_close.recv() => {
                    self.ack(stream).await;
                    return End::Closed(close);
                }
                Ok(()) = self.to_ack.changed() => self.ack(stream).await,
                Ok(credit) = self.credits.clone().acquire_owned(), if !may_take => {
                    credit.forget();
                    may_take = true;
                }
                message = stream.next(), if may_take => match message {
                    Some(Ok(message)) => {
                        self.receiver.message(&message);
                        may_take = false;
                    }
                    // The credit stays for the next stream.
                    ended => {
                        self.credits.add_permits(1);
                        return End::Lost(why_ended(ended));
                    }
                },
            }
        }
    }

    async fn ack(&mut self, stream: &mut Stream) {
        let id = self.to_ack.borrow_and_update().clone();
        if let Some(id) = id {
            // An error here is the end of the stream, which tells it itself.
            let _ = stream.cumulative_ack_with_id(&self.subscription.topic, id).await;
        }
    }

    async fn leave(mut self, close: Close, mut stream: Stream) {
        let result = match close.unsubscribe {
            true => stream.unsubscribe().await,
            false => stream.close().await,
        };
        self.receiver.end = Some(failures::closed());
        drop(self);
        let _ = close.done.send(result.map_err(|error| failures::of(&error)));
    }

    fn leave_unsubscribed(mut self, close: Close) {
        self.receiver.end = Some(failures::closed());
        drop(self);
        let _ = close.done.send(match close.unsubscribe {
            true => Err(Failure::new(Status::NotSent, "no connection to unsubscribe on")),
            false => Ok(()),
        });
    }
}

fn why_ended(message: Option<Result<Message<Vec<u8>>, pulsar::Error>>) -> Failure {
    match message {
        Some(Err(error)) => failures::of(&error),
        _ => Failure::new(Status::Broken, "the stream of messages ended"),
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_consumer_credit(consumer: *mut YdConsumer, count: u32) {
    // SAFETY: the caller's promise.
    entry((), || unsafe { (*consumer).credits.add_permits(count as usize) });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_consumer_ack(consumer: *mut YdConsumer, id: *const YdMessageId) {
    entry((), || {
        // SAFETY: the caller's promise.
        let (consumer, id) = unsafe { (&*consumer, data_of(&*id)) };
        // Fails when the worker has ended, and then nobody needs it.
        let _ = consumer.acks.send(Some(id));
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_consumer_close(
    consumer: *mut YdConsumer,
    unsubscribe: u32,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let consumer = unsafe { &*consumer };
        let reply = Reply::new(&consumer.context, callback, ctx);
        let (done, left) = oneshot::channel();
        let close = Close { unsubscribe: unsubscribe != 0, done };
        if consumer.closes.send(close).is_err() {
            return reply.fail(&failures::closed());
        }
        consumer.context.answer(reply, limit_ms, async move {
            let result = left.await.unwrap_or_else(|_| Err(failures::closed()));
            result.map(|()| Object::NONE)
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_consumer_free(consumer: *mut YdConsumer) {
    entry((), || {
        if !consumer.is_null() {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(consumer) });
        }
    });
}
