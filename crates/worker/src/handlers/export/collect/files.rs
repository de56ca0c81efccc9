//! What a user uploaded: a list of all, and the bytes of those that fit.

use futures::TryStreamExt;
use plaza_application::ports::BlobError;
use plaza_domain::{File, FilePurpose, ScanState};
use serde_json::json;

use super::{Collector, Outcome, PAGE, retry, share};
use crate::handlers::export::archive::Part;

/// How many bytes of uploads go into an archive; the rest is named only.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// How much of a name is kept: file systems take 255 bytes, and an id stands before it.
const MAX_NAME_BYTES: usize = 180;
/// How many uploads go into an archive; the rest is named only.
const MAX_FILES: usize = 10_000;

impl Collector<'_> {
    pub(super) async fn files(&mut self) -> Outcome {
        let mut included: Vec<File> = Vec::new();
        let (mut after, mut bytes) = (None, 0);
        self.lists.begin("files.json").await?;
        loop {
            let mut read = self.store.read().await?;
            let ids = read.erasures().files(self.user_id, after, PAGE).await?;
            let page = read.files().find_many(&ids).await?;
            drop(read);
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for file in page.into_iter().filter(|file| file.purpose != FilePurpose::Export) {
                let is_known = matches!(file.scan, ScanState::NotRequired | ScanState::Clean);
                let is_included =
                    is_known && bytes + file.size <= MAX_FILE_BYTES && included.len() < MAX_FILES;
                self.lists
                    .item(&json!({
                        "id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size,
                        "created_at": file.created_at, "included_as": is_included.then(|| entry_name(&file)),
                    }))
                    .await?;
                if is_included {
                    bytes += file.size;
                    included.push(file);
                }
            }
        }
        self.lists.end().await?;
        let all = included.len();
        for (done, file) in included.into_iter().enumerate() {
            self.attempt.progress(share(80, 99, done, all)).await;
            self.content(&file).await?;
        }
        Ok(())
    }

    /// The bytes of an upload; left out when they are gone.
    async fn content(&mut self, file: &File) -> Outcome {
        let blob = self.store.read().await?.blobs().find(file.sha256).await?;
        let Some(blob) = blob else { return Ok(()) };
        let mut bytes = match self.blobs.open(&blob.storage_key, None).await {
            Ok(bytes) => bytes,
            Err(BlobError::NotFound { key }) => {
                tracing::warn!(file.id = %file.id, key, "an upload has no bytes: an archive goes without it");
                return Ok(());
            }
            Err(error) => return Err(retry(error)),
        };
        self.lists.send(Part::File { name: entry_name(file), is_packed: true }).await?;
        while let Some(chunk) = bytes.try_next().await.map_err(retry)? {
            self.lists.send(Part::Bytes(chunk)).await?;
        }
        Ok(())
    }
}

/// Where an upload is in the archive: its id keeps names apart, and the rest of its name is harmless everywhere.
fn entry_name(file: &File) -> String {
    let harmless = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    let name: String = file.name.as_str().chars().map(harmless).collect();
    // The end of a name tells what it is.
    let start = name.ceil_char_boundary(name.len().saturating_sub(MAX_NAME_BYTES));
    format!("files/{}-{}", file.id, &name[start..])
}
