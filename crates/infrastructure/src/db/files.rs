//! Uploads and their variants.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plaza_domain::repository::{FileRepository, Result};
use plaza_domain::{File, FileId, FilePlace, FileText, Timestamp, UserId, Variant, VariantName};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait,
};

use super::entity::file::{ActiveModel, Column, Entity, Model};
use super::entity::{file_text, file_variant, message, user};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, found, value};

/// Everything of a variant but its key.
const VARIANT: [file_variant::Column; 5] = [
    file_variant::Column::MediaType,
    file_variant::Column::Width,
    file_variant::Column::Height,
    file_variant::Column::Size,
    file_variant::Column::Sha256,
];

#[async_trait]
impl<C: ConnectionTrait + Send> FileRepository for Session<C> {
    async fn insert(&mut self, file: &File) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(file)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find(&mut self, id: FileId) -> Result<Option<File>> {
        let query = Entity::find_by_id(id.uuid()).filter(Column::DeletedAt.is_null());
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn lock(&mut self, id: FileId) -> Result<Option<File>> {
        self.one::<Model, _>(&Entity::find_by_id(id.uuid()).lock_exclusive().into_query()).await
    }

    async fn find_many(&mut self, ids: &[FileId]) -> Result<Vec<File>> {
        let mut files = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            let query = Entity::find()
                .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
                .filter(Column::DeletedAt.is_null())
                // What a message's reference to an upload will lock anyway.
                .lock(LockType::KeyShare);
            files.extend(self.all::<Model, File>(&query.into_query()).await?);
        }
        Ok(files)
    }

    async fn update(&mut self, file: &File) -> Result<()> {
        let all = ActiveModel::from(file);
        let changed = ActiveModel {
            status: all.status,
            failure: all.failure,
            width: all.width,
            height: all.height,
            page_count: all.page_count,
            blur_hash: all.blur_hash,
            dominant_color: all.dominant_color,
            is_animated: all.is_animated,
            scan: all.scan,
            updated_at: all.updated_at,
            id: NotSet,
            owner_id: NotSet,
            task_id: NotSet,
            name: NotSet,
            purpose: NotSet,
            kind: NotSet,
            media_type: NotSet,
            size: NotSet,
            sha256: NotSet,
            created_at: NotSet,
            deleted_at: NotSet,
        };
        let update = Entity::update_many().set(changed).filter(is_kept(file.id));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "file")
    }

    async fn delete(&mut self, id: FileId, at: Timestamp) -> Result<()> {
        let mark = Entity::update_many().col_expr(Column::DeletedAt, at.into()).filter(is_kept(id));
        found(self.execute(&mark.into_query()).await?, "file")?;
        let variants = file_variant::Entity::delete_many().filter(file_variant::Column::FileId.eq(id.uuid()));
        self.execute(&variants.into_query()).await?;
        let text = file_text::Entity::delete_by_id(id.uuid());
        self.execute(&text.into_query()).await.map(drop)
    }

    async fn save_variant(&mut self, variant: &Variant) -> Result<()> {
        let variant = file_variant::ActiveModel::from(variant);
        let mut upsert = file_variant::Entity::insert(variant).into_query();
        let there = OnConflict::columns([file_variant::Column::FileId, file_variant::Column::Name])
            .update_columns(VARIANT)
            .to_owned();
        upsert.on_conflict(there);
        self.execute(&upsert).await.map(drop)
    }

    async fn variants(&mut self, id: FileId) -> Result<Vec<Variant>> {
        let query = file_variant::Entity::find()
            .filter(file_variant::Column::FileId.eq(id.uuid()))
            .order_by_asc(file_variant::Column::Name);
        self.all::<file_variant::Model, _>(&query.into_query()).await
    }

    async fn find_variant(&mut self, id: FileId, name: VariantName) -> Result<Option<Variant>> {
        let query = file_variant::Entity::find_by_id((id.uuid(), name.as_str().to_owned()));
        self.one::<file_variant::Model, _>(&query.into_query()).await
    }

    async fn save_text(&mut self, text: &FileText) -> Result<()> {
        let mut upsert = file_text::Entity::insert(file_text::ActiveModel::from(text)).into_query();
        let there = OnConflict::column(file_text::Column::FileId)
            .update_columns([file_text::Column::Content, file_text::Column::IsTruncated])
            .to_owned();
        upsert.on_conflict(there);
        self.execute(&upsert).await.map(drop)
    }

    async fn find_text(&mut self, id: FileId) -> Result<Option<FileText>> {
        self.one::<file_text::Model, _>(&file_text::Entity::find_by_id(id.uuid()).into_query()).await
    }

    async fn list_kept(
        &mut self,
        before: Timestamp,
        after: Option<FilePlace>,
        limit: u64,
    ) -> Result<Vec<FilePlace>> {
        let rows = self.rows(&queries::files::list_kept(before, after, limit)).await?;
        let place = |row: &QueryResult| {
            let created_at = value(row, Column::CreatedAt)?;
            Ok(FilePlace { created_at, id: FileId::new(value(row, Column::Id)?) })
        };
        rows.iter().map(place).collect()
    }

    async fn shown(&mut self, ids: &[FileId]) -> Result<Vec<FileId>> {
        let mut shown = BTreeSet::new();
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::files::shown_in_messages(ids)).await? {
                shown.insert(FileId::new(value(&row, message::Column::FileId)?));
            }
            for row in self.rows(&queries::files::shown_as_avatars(ids)).await? {
                shown.insert(FileId::new(value(&row, user::Column::AvatarFileId)?));
            }
        }
        Ok(shown.into_iter().collect())
    }

    async fn forget_deleted(&mut self, limit: u64) -> Result<u64> {
        self.execute(&queries::files::forget_deleted(self.backend(), limit)).await
    }

    async fn is_shared_with(&mut self, id: FileId, user_id: UserId) -> Result<bool> {
        let row = self.row(&queries::files::is_shared_with(id, user_id)).await?;
        let shared = row.map(|row| row.try_get("", queries::files::IS_SHARED)).transpose();
        Ok(shared.map_err(from_db)?.unwrap_or_default())
    }
}

/// That it is that upload, and was not deleted.
fn is_kept(id: FileId) -> Expr {
    Column::Id.eq(id.uuid()).and(Column::DeletedAt.is_null())
}
