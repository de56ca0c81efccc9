//! Uploads and their variants.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plaza_domain::{
    File, FileId, FilePlace, FilePurpose, FileText, RepositoryError, Timestamp, UserId, Variant, VariantName,
    repository::{Constraint, FileRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> FileRepository for Connection<A> {
    async fn insert(&mut self, file: &File) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&file.owner_id)?;
        tables.blobs.require(&file.sha256)?;
        tables.files.insert_new(file.id, file.clone(), Constraint::Other)?;
        Ok(())
    }

    async fn find(&mut self, id: FileId) -> Result<Option<File>> {
        Ok(self.tables().files.get(&id).filter(|file| !file.is_deleted()).cloned())
    }

    async fn lock(&mut self, id: FileId) -> Result<Option<File>> {
        Ok(self.tables().files.get(&id).cloned())
    }

    async fn find_many(&mut self, ids: &[FileId]) -> Result<Vec<File>> {
        let tables = self.tables();
        let found = each_once(ids).into_iter().filter_map(|id| tables.files.get(&id));
        Ok(found.filter(|file| !file.is_deleted()).cloned().collect())
    }

    async fn update(&mut self, file: &File) -> Result<()> {
        let stored = kept(self.tables_mut()?, file.id)?;
        stored.status = file.status;
        stored.failure = file.failure;
        stored.width = file.width;
        stored.height = file.height;
        stored.page_count = file.page_count;
        stored.blur_hash.clone_from(&file.blur_hash);
        stored.dominant_color = file.dominant_color;
        stored.is_animated = file.is_animated;
        stored.scan = file.scan;
        stored.deleted_at = file.deleted_at;
        stored.updated_at = file.updated_at;
        Ok(())
    }

    async fn delete(&mut self, id: FileId, at: Timestamp) -> Result<()> {
        let tables = self.tables_mut()?;
        kept(tables, id)?.deleted_at = Some(at);
        tables.variants.retain(|(file_id, _), _| *file_id != id);
        tables.texts.remove(&id);
        Ok(())
    }

    async fn save_variant(&mut self, variant: &Variant) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.files.require(&variant.file_id)?;
        tables.blobs.require(&variant.sha256)?;
        tables.variants.insert((variant.file_id, variant.name), variant.clone());
        Ok(())
    }

    async fn variants(&mut self, id: FileId) -> Result<Vec<Variant>> {
        let tables = self.tables();
        let mut variants: Vec<_> =
            VariantName::ALL.iter().filter_map(|name| tables.variants.get(&(id, *name)).cloned()).collect();
        variants.sort_by_key(|variant| variant.name.as_str());
        Ok(variants)
    }

    async fn find_variant(&mut self, id: FileId, name: VariantName) -> Result<Option<Variant>> {
        Ok(self.tables().variants.get(&(id, name)).cloned())
    }

    async fn save_text(&mut self, text: &FileText) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.files.require(&text.file_id)?;
        tables.texts.insert(text.file_id, text.clone());
        Ok(())
    }

    async fn find_text(&mut self, id: FileId) -> Result<Option<FileText>> {
        Ok(self.tables().texts.get(&id).cloned())
    }

    async fn list_kept(
        &mut self,
        before: Timestamp,
        after: Option<FilePlace>,
        limit: u64,
    ) -> Result<Vec<FilePlace>> {
        let tables = self.tables();
        let uploads = tables.files.values().filter(|file| file.purpose != FilePurpose::Export);
        let kept = uploads.filter(|file| !file.is_deleted() && file.created_at < before);
        let places = kept.map(|file| FilePlace { created_at: file.created_at, id: file.id });
        let mut places: Vec<_> = places.filter(|place| after.is_none_or(|after| *place > after)).collect();
        places.sort_unstable();
        places.truncate(rows(limit));
        Ok(places)
    }

    async fn shown(&mut self, ids: &[FileId]) -> Result<Vec<FileId>> {
        let tables = self.tables();
        let messages = tables.messages.values().filter(|message| tables.live_room(message.room_id).is_some());
        let in_messages =
            messages.filter(|message| !message.is_deleted()).filter_map(|message| message.file_id);
        let avatars = tables.users.values().filter_map(|user| user.avatar_file_id);
        let shown: BTreeSet<FileId> = in_messages.chain(avatars).collect();
        Ok(each_once(ids).intersection(&shown).copied().collect())
    }

    async fn forget_deleted(&mut self, limit: u64) -> Result<u64> {
        let tables = self.tables_mut()?;
        let is_named = |id| tables.messages.values().any(|message| message.file_id == Some(id));
        let forgotten = tables.files.values().filter(|file| file.is_deleted() && !is_named(file.id));
        let forgotten: Vec<FileId> = forgotten.map(|file| file.id).take(rows(limit)).collect();
        for id in &forgotten {
            tables.files.remove(id);
        }
        Ok(forgotten.len() as u64)
    }

    async fn is_shared_with(&mut self, id: FileId, user_id: UserId) -> Result<bool> {
        let tables = self.tables();
        let mut showing =
            tables.messages.values().filter(|message| message.file_id == Some(id) && !message.is_deleted());
        Ok(showing.any(|message| {
            tables.live_room(message.room_id).is_some() && tables.is_present(message.room_id, user_id)
        }))
    }
}

/// An upload that was not deleted, for changing it.
fn kept(tables: &mut Tables, id: FileId) -> Result<&mut File> {
    let file = tables.files.change(&id, "file")?;
    if file.is_deleted() { Err(RepositoryError::NotFound { entity: "file" }) } else { Ok(file) }
}
