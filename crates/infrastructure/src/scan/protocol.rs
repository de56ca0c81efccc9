//! What is said to clamd and what it answers (clamd(8), `INSTREAM` and `PING`).

use std::io;

use futures::TryStreamExt;
use plaza_application::ports::{BlobError, ByteStream, Verdict};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Commands that begin with `z` end with NUL, and so do their answers.
pub(super) const INSTREAM: &[u8] = b"zINSTREAM\0";
pub(super) const PING: &[u8] = b"zPING\0";
pub(super) const PONG: &str = "PONG";
/// The most that is sent as one piece.
const CHUNK: usize = 64 * 1024;
/// The longest answer that is read.
const MAX_ANSWER: u64 = 4096;
/// The longest name of a signature that is kept, in characters.
const MAX_SIGNATURE: usize = 200;

/// Why a file was not sent.
#[derive(Debug, Error)]
pub(super) enum SendError {
    #[error("the file could not be read")]
    Source(#[from] BlobError),
    #[error("the scanner takes no more of the file")]
    Socket(#[from] io::Error),
}

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Verdict(Verdict),
    TooLarge,
    /// An error, or nothing that clamd says.
    Other(String),
}

/// Sends a file in pieces, each with its length before it; one of no length is the end.
pub(super) async fn send(
    socket: &mut (impl AsyncWrite + Unpin),
    mut bytes: ByteStream,
) -> Result<(), SendError> {
    socket.write_all(INSTREAM).await?;
    while let Some(piece) = bytes.try_next().await? {
        for chunk in piece.chunks(CHUNK) {
            // A chunk is far smaller than 4 GiB.
            socket.write_u32(u32::try_from(chunk.len()).unwrap_or(u32::MAX)).await?;
            socket.write_all(chunk).await?;
        }
    }
    socket.write_u32(0).await?;
    Ok(socket.flush().await?)
}

/// Reads until the end of an answer.
pub(super) async fn read_answer(socket: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut socket = socket.take(MAX_ANSWER);
    let mut answer = Vec::new();
    loop {
        match socket.read_u8().await {
            Ok(0) => break,
            Ok(byte) => answer.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}

/// Nothing but these very words means that a file is clean.
pub(super) fn understand(answer: &str) -> Answer {
    if answer == "stream: OK" {
        return Answer::Verdict(Verdict::Clean);
    }
    let found = answer.strip_prefix("stream: ").and_then(|rest| rest.strip_suffix(" FOUND"));
    if let Some(signature) = found.filter(|signature| !signature.is_empty()) {
        let signature = signature.chars().filter(|c| !c.is_control()).take(MAX_SIGNATURE).collect();
        return Answer::Verdict(Verdict::Infected { signature });
    }
    if answer.contains("INSTREAM size limit exceeded") {
        return Answer::TooLarge;
    }
    Answer::Other(answer.chars().filter(|c| !c.is_control()).take(MAX_SIGNATURE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_words_mean_clean() {
        assert_eq!(understand("stream: OK"), Answer::Verdict(Verdict::Clean));
        for answer in ["", "OK", "stream: ok", "stream: OK and more", "instream: OK", "stream: OK FOUND?"] {
            assert!(matches!(understand(answer), Answer::Other(_)), "{answer}");
        }
    }

    #[test]
    fn findings_are_named_and_errors_are_told_apart() {
        let found = |signature: &str| Answer::Verdict(Verdict::Infected { signature: signature.to_owned() });
        assert_eq!(understand("stream: Eicar-Test-Signature FOUND"), found("Eicar-Test-Signature"));
        assert_eq!(understand("stream: OK FOUND"), found("OK"));
        assert_eq!(understand("INSTREAM size limit exceeded. ERROR"), Answer::TooLarge);
        let broken = "stream: Can't allocate memory ERROR";
        assert_eq!(understand(broken), Answer::Other(broken.to_owned()));
    }

    #[tokio::test]
    async fn an_answer_has_an_end() -> io::Result<()> {
        assert_eq!(read_answer(&b"stream: OK\0stream: EVIL FOUND\0"[..]).await?, "stream: OK");
        assert_eq!(read_answer(&b"stream: OK\n"[..]).await?, "stream: OK");
        assert!(read_answer(&b""[..]).await.is_err());
        assert_eq!(read_answer(&[b'x'; 10_000][..]).await?.len(), 4096);
        Ok(())
    }
}
