//! What a user uploaded: a list of all, and the bytes of those that fit.

use futures::TryStreamExt;
use plaza_domain::{File, FilePurpose, ScanState};
use serde_json::json;

use super::{Collector, Outcome, PAGE, retry, share};
use crate::handlers::export::archive::Part;

/// How many bytes of uploads go into an archive; the rest is named only.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
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

    /// The bytes of an upload; one that was deleted meanwhile is empty.
    async fn content(&mut self, file: &File) -> Outcome {
        self.lists.send(Part::File { name: entry_name(file), is_packed: true }).await?;
        let blob = self.store.read().await?.blobs().find(file.sha256).await?;
        let Some(blob) = blob else { return Ok(()) };
        let mut bytes = self.blobs.open(&blob.storage_key, None).await.map_err(retry)?;
        while let Some(chunk) = bytes.try_next().await.map_err(retry)? {
            self.lists.send(Part::Bytes(chunk)).await?;
        }
        Ok(())
    }
}

/// Where an upload is in the archive: its id keeps names apart, and the rest of its name is harmless everywhere.
fn entry_name(file: &File) -> String {
    let name = file.name.as_str();
    let harmless = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    format!("files/{}-{}", file.id, name.chars().map(harmless).collect::<String>())
}
