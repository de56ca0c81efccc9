//! One object that is read: a part of it at a time, on another thread.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures::stream;
use plaza_application::ports::{BlobError, ByteStream};

use super::store::in_background;

/// How much is read at a time.
const CHUNK: u64 = 128 * 1024;

/// The bytes of a file, or some of them; `None` when there is no such file.
pub(super) async fn open(path: PathBuf, range: Option<Range<u64>>) -> Result<Option<ByteStream>, BlobError> {
    let start = range.as_ref().map_or(0, |range| range.start);
    let Some((file, size)) = in_background(move || open_at(&path, start)).await? else {
        return Ok(None);
    };
    let end = range.map_or(size, |range| range.end);
    if start > end || end > size {
        let reason = format!("bytes {start} to {end} of an object of {size} bytes");
        return Err(BlobError::Unavailable(reason.into()));
    }
    Ok(Some(Box::pin(stream::try_unfold((file, end - start), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (chunk, file) = in_background(move || Ok((next(&mut file, left)?, file))).await?;
        // It was cut off meanwhile.
        if chunk.is_empty() {
            return Ok(None);
        }
        let left = left.saturating_sub(chunk.len() as u64);
        Ok(Some((chunk, (file, left))))
    }))))
}

/// An open file and its size.
fn open_at(path: &Path, start: u64) -> io::Result<Option<(File, u64)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    file.seek(SeekFrom::Start(start))?;
    let size = file.metadata()?.len();
    Ok(Some((file, size)))
}

fn next(file: &mut File, left: u64) -> io::Result<Bytes> {
    let size = left.min(CHUNK);
    let mut chunk = Vec::with_capacity(size as usize);
    file.take(size).read_to_end(&mut chunk)?;
    Ok(chunk.into())
}
