//! A file's end, as it is written: its facts and variants, or why it failed.

use async_trait::async_trait;
use plaza_application::{events::Event, fail_file, ports::StoredObject};
use plaza_domain::{
    Blob, File, FileFailure, FileId, FileStatus, FileText, RepositoryError, Sha256, Timestamp, UnitOfWork,
    Variant, VariantName,
};

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
        let objects = self.objects();
        let facts = match self.end {
            FileEnd::Completed(facts) => facts,
            FileEnd::Failed(failure) => {
                let event = fail_file(work, self.file_id, failure, self.at).await?;
                return Ok(Applied { events: event.into_iter().collect(), unneeded: objects });
            }
        };
        // A file that was deleted meanwhile stays so: what was made for it is removed.
        let found = work.files().lock(self.file_id).await?;
        let Some(mut file) = found.filter(|file| !file.is_deleted()) else {
            return Ok(Applied { events: Vec::new(), unneeded: objects });
        };
        file.updated_at = self.at;
        let unneeded = complete(work, &mut file, facts, self.at).await?;
        work.files().update(&file).await?;
        let variants = work.files().variants(file.id).await?;
        let names = variants.into_iter().map(|variant| variant.name).collect();
        Ok(Applied { events: vec![Event::file_changed(&file, names)], unneeded })
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
    for step in steps(work.files().variants(file.id).await?, facts.variants) {
        match step {
            Step::Store { variant } => unneeded.extend(store(work, file.id, variant, at).await?),
            Step::Release { sha256 } => work.blobs().release(sha256).await?,
        }
    }
    Ok(unneeded)
}

/// What happens to one content. Contents are locked in the order of their hashes by everybody: nobody waits in a circle.
enum Step {
    Store { variant: StoredVariant },
    Release { sha256: Sha256 },
}

impl Step {
    fn order(&self) -> (Sha256, bool) {
        match self {
            Self::Store { variant } => (variant.object.sha256, false),
            Self::Release { sha256 } => (*sha256, true),
        }
    }
}

/// Stores the new variants, and releases the contents of those of an earlier attempt whose places they take.
fn steps(older: Vec<Variant>, new: Vec<StoredVariant>) -> Vec<Step> {
    let replaced = older.into_iter().filter(|older| new.iter().any(|new| new.name == older.name));
    let released: Vec<Step> = replaced.map(|older| Step::Release { sha256: older.sha256 }).collect();
    let mut steps: Vec<Step> =
        new.into_iter().map(|variant| Step::Store { variant }).chain(released).collect();
    steps.sort_by_key(Step::order);
    steps
}

/// Returns the key of the variant's object when its content was stored before.
async fn store(
    work: &mut dyn UnitOfWork,
    file_id: FileId,
    variant: StoredVariant,
    at: Timestamp,
) -> Result<Option<String>, RepositoryError> {
    let object = variant.object;
    let blob = Blob { sha256: object.sha256, storage_key: object.key, size: object.size, created_at: at };
    let kept = work.blobs().acquire(&blob).await?;
    let row = Variant {
        file_id,
        name: variant.name,
        media_type: variant.media_type.to_owned(),
        width: variant.width,
        height: variant.height,
        size: object.size,
        sha256: object.sha256,
    };
    work.files().save_variant(&row).await?;
    Ok((kept.storage_key != blob.storage_key).then_some(blob.storage_key))
}

#[cfg(test)]
mod tests;
