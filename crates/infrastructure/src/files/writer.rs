//! One object that is being written: a draft until it is complete, and then durable at once.

use std::{
    fs as blocking, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use plaza_application::ports::{BlobError, BlobWriter, StoredObject};
use plaza_domain::Sha256;
use sha2::Digest;
use tokio::{
    fs,
    io::AsyncWriteExt,
    task::{JoinError, spawn_blocking},
};
use uuid::Uuid;

use super::{from_io, store::Layout};
use crate::folder::create_folder;

/// A file that is removed unless it was moved away.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Removing one name is quick, and what stays behind is swept at the next start.
        blocking::remove_file(&self.0).ok();
    }
}

pub(super) struct FileWriter {
    layout: Layout,
    id: Uuid,
    file: fs::File,
    draft: Draft,
    hasher: sha2::Sha256,
    size: u64,
}

impl FileWriter {
    pub(super) async fn create(layout: Layout, id: Uuid) -> io::Result<Self> {
        let path = layout.draft(id);
        // What users upload is nobody else's on this machine.
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
        Ok(Self { layout, id, file, draft: Draft(path), hasher: sha2::Sha256::new(), size: 0 })
    }
}

#[async_trait]
impl BlobWriter for FileWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.hasher.update(&bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(&bytes).await.map_err(from_io)
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, BlobError> {
        self.file.flush().await.map_err(from_io)?;
        self.file.sync_all().await.map_err(from_io)?;
        let (layout, id, draft) = (self.layout, self.id, self.draft);
        spawn_blocking(move || publish(&layout, id, &draft.0))
            .await
            .map_err(|error: JoinError| BlobError::Unavailable(error.into()))?
            .map_err(from_io)?;
        Ok(StoredObject {
            key: id.to_string(),
            size: self.size,
            sha256: Sha256(self.hasher.finalize().into()),
        })
    }

    async fn abort(self: Box<Self>) {}
}

/// Gives a complete draft its place. A name is durable when its folder was synced, and that folder's when its own was.
fn publish(layout: &Layout, id: Uuid, draft: &Path) -> io::Result<()> {
    let object = layout.object(id);
    let folder = object.parent().unwrap_or(&layout.root);
    create_folder(folder)?;
    blocking::rename(draft, &object)?;
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(&layout.root)) {
        blocking::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
