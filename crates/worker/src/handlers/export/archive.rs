//! A ZIP archive that is written as its parts come, on a thread of its own.

use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// How many bytes are sent on at a time.
const CHUNK: usize = 64 * 1024;

/// A part of an archive.
pub(super) enum Part {
    /// A file begins, which is packed unless it is packed in itself.
    File { name: String, is_packed: bool },
    /// The file goes on.
    Bytes(Bytes),
    /// There is no more.
    End,
}

/// Packs parts until the end, and sends on what comes of it.
///
/// # Errors
/// When there is no end: whoever sends parts has given up; or nobody takes the bytes.
pub(super) fn pack(mut parts: Receiver<Part>, bytes: Sender<Bytes>) -> Result<(), ZipError> {
    let mut archive = ZipWriter::new_stream(BufWriter::with_capacity(CHUNK, Outlet(bytes)));
    loop {
        match parts.blocking_recv() {
            Some(Part::File { name, is_packed }) => {
                let method = if is_packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
                archive.start_file(name, SimpleFileOptions::default().compression_method(method))?;
            }
            Some(Part::Bytes(bytes)) => archive.write_all(&bytes)?,
            Some(Part::End) => break,
            None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
    archive.finish()?.into_inner().flush()?;
    Ok(())
}

/// Where the bytes leave the thread.
struct Outlet(Sender<Bytes>);

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use tokio::sync::mpsc::channel;
    use zip::ZipArchive;

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

    fn packed(parts: Vec<Part>) -> (Result<(), ZipError>, Vec<u8>) {
        let (send, receive) = channel(parts.len().max(1));
        for part in parts {
            let sent = send.try_send(part);
            assert!(sent.is_ok());
        }
        drop(send);
        let (bytes, mut taken) = channel(100);
        let outcome = pack(receive, bytes);
        let mut all = Vec::new();
        while let Some(bytes) = taken.blocking_recv() {
            all.extend_from_slice(&bytes);
        }
        (outcome, all)
    }

    fn file(name: &str, is_packed: bool) -> Part {
        Part::File { name: name.to_owned(), is_packed }
    }

    #[test]
    fn what_was_packed_is_read_back() -> Outcome {
        let bytes = |text: &str| Part::Bytes(Bytes::copy_from_slice(text.as_bytes()));
        let parts = vec![
            file("a.json", false),
            bytes("[1,"),
            bytes("2]"),
            file("files/b.png", true),
            bytes("picture"),
            Part::End,
        ];
        let (outcome, archive) = packed(parts);
        outcome?;
        let mut archive = ZipArchive::new(Cursor::new(archive))?;
        for (name, content) in [("a.json", "[1,2]"), ("files/b.png", "picture")] {
            let mut found = String::new();
            archive.by_name(name)?.read_to_string(&mut found)?;
            assert_eq!(found, content);
        }
        assert_eq!(archive.len(), 2);
        Ok(())
    }

    #[test]
    fn an_archive_without_an_end_is_none() {
        assert!(packed(vec![file("a.json", false)]).0.is_err());
    }
}
