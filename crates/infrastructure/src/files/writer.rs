//! One object that is being written: a draft until it is complete, and then durable at once.

use std::{
    fs,
    io::{self, Write},
    mem,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use plaza_application::ports::{BlobError, BlobWriter, StoredObject};
use plaza_domain::Sha256;
use sha2::Digest;
use uuid::Uuid;

use super::store::{Layout, in_background};
use crate::folder::create_folder;

/// How much is gathered before another thread hashes and writes it: handing it over costs more than a small write.
const GATHERED: usize = 256 * 1024;

/// A file that is removed unless it was moved away.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Removing one name is quick, and what stays behind is swept at the next start.
        fs::remove_file(&self.0).ok();
    }
}

/// A draft, and the hash of what is in it.
struct Written {
    file: fs::File,
    hasher: sha2::Sha256,
    draft: Draft,
}

impl Written {
    fn create(path: PathBuf) -> io::Result<Self> {
        // What users upload is nobody else's on this machine.
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { file, hasher: sha2::Sha256::new(), draft: Draft(path) })
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

pub(super) struct FileWriter {
    layout: Layout,
    id: Uuid,
    /// `None` while another thread has it, and for good when that has failed.
    written: Option<Written>,
    gathered: Vec<u8>,
    size: u64,
}

impl FileWriter {
    pub(super) async fn create(layout: Layout, id: Uuid) -> Result<Self, BlobError> {
        let path = layout.draft(id);
        let written = in_background(move || Written::create(path)).await?;
        Ok(Self { layout, id, written: Some(written), gathered: Vec::new(), size: 0 })
    }

    fn take(&mut self) -> Result<Written, BlobError> {
        self.written.take().ok_or_else(|| BlobError::Unavailable("an earlier write has failed".into()))
    }
}

#[async_trait]
impl BlobWriter for FileWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        self.gathered.extend_from_slice(&bytes);
        if self.gathered.len() < GATHERED {
            return Ok(());
        }
        let mut written = self.take()?;
        let mut gathered = mem::take(&mut self.gathered);
        let (written, gathered) = in_background(move || {
            written.append(&gathered)?;
            gathered.clear();
            Ok((written, gathered))
        })
        .await?;
        (self.written, self.gathered) = (Some(written), gathered);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, BlobError> {
        let mut written = self.take()?;
        let (layout, id, gathered) = (self.layout, self.id, self.gathered);
        let sha256 = in_background(move || {
            written.append(&gathered)?;
            written.file.sync_all()?;
            publish(&layout, id, &written.draft.0)?;
            Ok(Sha256(written.hasher.finalize().into()))
        })
        .await?;
        Ok(StoredObject { key: id.to_string(), size: self.size, sha256 })
    }

    async fn abort(self: Box<Self>) {}
}

/// Gives a complete draft its place. A name is durable when its folder was synced, and that folder's when its own was.
fn publish(layout: &Layout, id: Uuid, draft: &Path) -> io::Result<()> {
    let object = layout.object(id);
    let folder = object.parent().unwrap_or(&layout.root);
    create_folder(folder)?;
    fs::rename(draft, &object)?;
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(&layout.root)) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
