//! A file's end, as it is written: its facts and variants, or why it failed.

use async_trait::async_trait;
use plaza_application::ports::StoredObject;
use plaza_domain::{
    Blob, File, FileFailure, FileId, FileStatus, FileText, RepositoryError, Timestamp, UnitOfWork, Variant,
    VariantName,
};

use super::file_changed;
use crate::{Applied, Effect, media::DocumentText};

/// What was found out about a file.
#[derive(Debug, Default)]
pub(in crate::handlers) struct Facts {
    pub(in crate::handlers) width: Option<u32>,
    pub(in crate::handlers) height: Option<u32>,
    pub(in crate::handlers) page_count: Option<u32>,
    pub(in crate::handlers) blur_hash: Option<String>,
    pub(in crate::handlers) dominant_color: Option<u32>,
    pub(in crate::handlers) is_animated: bool,
    pub(in crate::handlers) text: Option<DocumentText>,
    pub(in crate::handlers) variants: Vec<StoredVariant>,
}

/// A derived image whose bytes are stored already.
#[derive(Debug)]
pub(in crate::handlers) struct StoredVariant {
    pub(in crate::handlers) name: VariantName,
    pub(in crate::handlers) media_type: &'static str,
    pub(in crate::handlers) width: u32,
    pub(in crate::handlers) height: u32,
    pub(in crate::handlers) object: StoredObject,
}

pub(super) enum FileEnd {
    Completed(Facts),
    Failed(FileFailure),
}

pub(super) struct FileEffect {
    pub(super) file_id: FileId,
    pub(super) end: FileEnd,
    pub(super) at: Timestamp,
}

#[async_trait]
impl Effect for FileEffect {
    fn objects(&self) -> Vec<String> {
        match &self.end {
            FileEnd::Completed(facts) => facts.variants.iter().map(|v| v.object.key.clone()).collect(),
            FileEnd::Failed(_) => Vec::new(),
        }
    }

    async fn apply(self: Box<Self>, work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        let Some(mut file) = work.files().find(self.file_id).await? else {
            return Ok(Applied { events: Vec::new(), unneeded: self.objects() });
        };
        file.updated_at = self.at;
        let unneeded = match self.end {
            FileEnd::Completed(facts) => complete(work, &mut file, facts, self.at).await?,
            FileEnd::Failed(failure) => {
                file.status = FileStatus::Failed;
                file.failure = Some(failure);
                Vec::new()
            }
        };
        work.files().update(&file).await?;
        let variants = work.files().variants(file.id).await?;
        let names = variants.into_iter().map(|variant| variant.name).collect();
        Ok(Applied { events: vec![file_changed(&file, names)], unneeded })
    }
}

/// Returns the keys of objects whose content was stored before, by another file or by an earlier attempt.
async fn complete(
    work: &mut dyn UnitOfWork,
    file: &mut File,
    facts: Facts,
    at: Timestamp,
) -> Result<Vec<String>, RepositoryError> {
    file.status = FileStatus::Completed;
    file.failure = None;
    file.width = facts.width;
    file.height = facts.height;
    file.page_count = facts.page_count;
    file.blur_hash = facts.blur_hash;
    file.dominant_color = facts.dominant_color;
    file.is_animated = facts.is_animated;
    if let Some(DocumentText { content, is_truncated }) = facts.text {
        work.files().save_text(&FileText { file_id: file.id, content, is_truncated }).await?;
    }

    let mut unneeded = Vec::new();
    for variant in facts.variants {
        let object = variant.object;
        let blob = Blob { sha256: object.sha256, storage_key: object.key, size: object.size, created_at: at };
        let kept = work.blobs().insert_or_get(&blob).await?;
        if kept.storage_key != blob.storage_key {
            unneeded.push(blob.storage_key);
        }
        let row = Variant {
            file_id: file.id,
            name: variant.name,
            media_type: variant.media_type.to_owned(),
            width: variant.width,
            height: variant.height,
            size: object.size,
            sha256: object.sha256,
        };
        work.files().save_variant(&row).await?;
    }
    Ok(unneeded)
}
