//! Receives events of other instances, and says when some may have been missed.

use std::time::Duration;

use fred::{
    clients::SubscriberClient,
    error::Error,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::Message,
};
use plaza_application::{in_process::LocalBus, ports::Delivery};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::parcel;

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that only listens notices a dead peer by asking.
const PING_EVERY: Duration = Duration::from_secs(5);
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Listener {
    pub(super) client: SubscriberClient,
    pub(super) channel: String,
    pub(super) origin: Uuid,
    pub(super) local: LocalBus,
}

impl Listener {
    pub(super) async fn run(self, shutdown: CancellationToken) {
        let mut connected = self.client.reconnect_rx();
        let mut errors = self.client.error_rx();
        let mut messages = self.client.message_rx();
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listening = false;
        let mut complained = false;
        let _connection = self.client.connect();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Ok(_) | Err(RecvError::Lagged(_)) = connected.recv() => {
                    listening = self.subscribe().await;
                    complained &= !listening;
                }
                Ok((error, _)) = errors.recv() => {
                    listening = false;
                    if !std::mem::replace(&mut complained, true) {
                        let error: &(dyn std::error::Error + 'static) = &error;
                        tracing::warn!(error, "events of other instances are not received");
                    }
                }
                message = messages.recv() => match message {
                    Ok(message) => self.receive(&message),
                    Err(RecvError::Lagged(_)) => self.local.announce_gap(),
                    Err(RecvError::Closed) => break,
                },
                _ = ping.tick(), if listening => listening = self.ping().await,
            }
        }
        let _ = timeout(QUIT_TIMEOUT, self.client.quit()).await;
    }

    /// Only once the subscription stands is nothing more missed: what came before is the gap.
    async fn subscribe(&self) -> bool {
        let outcome = timeout(RESPONSE_TIMEOUT, self.client.subscribe(self.channel.as_str())).await;
        let subscribed = matches!(outcome, Ok(Ok(())));
        if subscribed {
            tracing::info!("events of other instances are received");
            self.local.announce_gap();
        } else {
            self.reconnect().await;
        }
        subscribed
    }

    async fn ping(&self) -> bool {
        let outcome: Result<Result<(), Error>, _> = timeout(RESPONSE_TIMEOUT, self.client.ping(None)).await;
        let answered = matches!(outcome, Ok(Ok(())));
        if !answered {
            self.reconnect().await;
        }
        answered
    }

    async fn reconnect(&self) {
        // When this fails, the client is reconnecting already.
        let _ = timeout(RESPONSE_TIMEOUT, self.client.force_reconnection()).await;
    }

    fn receive(&self, message: &Message) {
        for delivery in parcel::unpack(self.origin, message.value.as_bytes().unwrap_or_default()) {
            match delivery {
                Delivery::Event(event) => self.local.deliver(event),
                Delivery::Gap => self.local.announce_gap(),
            }
        }
    }
}
