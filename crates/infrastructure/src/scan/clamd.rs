//! ClamAV's daemon.
//!
//! A client of our own: the crates for it hear nothing until they have said everything, so that the refusal of a file
//! that is too large is lost with the connection, and they read answers without an end.

use std::{io, pin::pin, time::Duration};

use async_trait::async_trait;
use plaza_application::ports::{BoxError, ByteStream, ScanError, Scanner, Verdict};
use tokio::{
    io::{AsyncWriteExt, split},
    time::timeout,
};

use super::{
    ClamdAddress,
    protocol::{Answer, PING, PONG, SendError, read_answer, send, understand},
};

/// How long to wait for a connection, and for the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// How to use a clamd.
#[derive(Clone, Debug)]
pub struct ClamdSettings {
    /// Where it listens.
    pub address: ClamdAddress,
    /// How long it may take to look through a file, sending included.
    pub timeout: Duration,
    /// The largest file that is sent, in bytes.
    pub max_bytes: u64,
}

/// Has files looked through by a clamd, each on a connection of its own.
#[derive(Clone, Debug)]
pub struct ClamdScanner {
    settings: ClamdSettings,
}

impl ClamdScanner {
    /// A scanner that asks there; it need not answer yet.
    pub fn new(settings: ClamdSettings) -> Self {
        Self { settings }
    }

    async fn converse(&self, size: u64, bytes: ByteStream) -> Result<Verdict, ScanError> {
        let connected = timeout(PING_TIMEOUT, self.settings.address.connect()).await;
        let socket = connected.map_err(unavailable)?.map_err(unavailable)?;
        let (reader, mut writer) = split(socket);
        let mut answer = pin!(read_answer(reader));
        // It may answer before it has everything, to refuse the rest.
        let (answered, is_sent) = tokio::select! {
            biased;
            sent = send(&mut writer, bytes) => match sent {
                Ok(()) => (answer.await, true),
                Err(SendError::Source(error)) => return Err(ScanError::Source(error)),
                // The refusal may be on its way, and tells more than that the connection is gone.
                Err(SendError::Socket(error)) => (answer.await.map_err(|_| error), false),
            },
            early = &mut answer => (early, false),
        };
        match understand(&answered.map_err(unavailable)?) {
            Answer::Verdict(Verdict::Clean) if !is_sent => {
                Err(unavailable(io::Error::other("it called a file clean that it has not seen to the end")))
            }
            Answer::Verdict(verdict) => Ok(verdict),
            Answer::TooLarge => Err(ScanError::TooLarge { size }),
            Answer::Other(words) => Err(unavailable(io::Error::other(format!("it answered: {words}")))),
        }
    }

    async fn ping(&self) -> io::Result<()> {
        let (reader, mut writer) = split(self.settings.address.connect().await?);
        writer.write_all(PING).await?;
        writer.flush().await?;
        match read_answer(reader).await? {
            answer if answer == PONG => Ok(()),
            _ => Err(io::Error::other("it does not answer like a clamd")),
        }
    }
}

#[async_trait]
impl Scanner for ClamdScanner {
    async fn scan(&self, size: u64, bytes: ByteStream) -> Result<Verdict, ScanError> {
        if size > self.settings.max_bytes {
            return Err(ScanError::TooLarge { size });
        }
        timeout(self.settings.timeout, self.converse(size, bytes)).await.map_err(unavailable)?
    }

    async fn check(&self) -> Result<(), ScanError> {
        timeout(PING_TIMEOUT, self.ping()).await.map_err(unavailable)?.map_err(unavailable)
    }
}

fn unavailable(cause: impl Into<BoxError>) -> ScanError {
    ScanError::Unavailable(cause.into())
}
