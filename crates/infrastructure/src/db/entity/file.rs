//! Table `files`.

use plaza_domain::{
    File, FileFailure, FileId, FileKind, FileName, FilePurpose, FileStatus, RepositoryError, ScanState,
    Sha256, TaskId, UserId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "files")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) task_id: Uuid,
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) kind: String,
    pub(crate) media_type: String,
    pub(crate) size: i64,
    pub(crate) sha256: Vec<u8>,
    pub(crate) status: String,
    pub(crate) failure: Option<String>,
    pub(crate) width: Option<i64>,
    pub(crate) height: Option<i64>,
    pub(crate) page_count: Option<i64>,
    pub(crate) blur_hash: Option<String>,
    pub(crate) dominant_color: Option<i64>,
    pub(crate) is_animated: bool,
    pub(crate) scan: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) deleted_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&File> for ActiveModel {
    fn from(file: &File) -> Self {
        Self {
            id: Set(file.id.uuid()),
            owner_id: Set(file.owner_id.uuid()),
            task_id: Set(file.task_id.uuid()),
            name: Set(file.name.as_str().to_owned()),
            purpose: Set(file.purpose.as_str().to_owned()),
            kind: Set(file.kind.as_str().to_owned()),
            media_type: Set(file.media_type.clone()),
            size: Set(convert::length(file.size)),
            sha256: Set(file.sha256.0.to_vec()),
            status: Set(file.status.as_str().to_owned()),
            failure: Set(file.failure.map(|failure| failure.as_str().to_owned())),
            width: Set(file.width.map(i64::from)),
            height: Set(file.height.map(i64::from)),
            page_count: Set(file.page_count.map(i64::from)),
            blur_hash: Set(file.blur_hash.clone()),
            dominant_color: Set(file.dominant_color.map(i64::from)),
            is_animated: Set(file.is_animated),
            scan: Set(file.scan.as_str().to_owned()),
            created_at: Set(file.created_at),
            updated_at: Set(file.updated_at),
            deleted_at: Set(file.deleted_at),
        }
    }
}

impl TryFrom<Model> for File {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let measure = |value: Option<i64>| value.map(|value| convert::number("file", value)).transpose();
        let failure = row.failure.map(|word| convert::word("file", &word, FileFailure::parse)).transpose()?;
        Ok(Self {
            id: FileId::new(row.id),
            owner_id: UserId::new(row.owner_id),
            task_id: TaskId::new(row.task_id),
            name: FileName::from_stored(row.name),
            purpose: convert::word("file", &row.purpose, FilePurpose::parse)?,
            kind: convert::word("file", &row.kind, FileKind::parse)?,
            media_type: row.media_type,
            size: convert::number("file", row.size)?,
            sha256: Sha256(convert::digest("file", &row.sha256)?),
            status: convert::word("file", &row.status, FileStatus::parse)?,
            failure,
            width: measure(row.width)?,
            height: measure(row.height)?,
            page_count: measure(row.page_count)?,
            blur_hash: row.blur_hash,
            dominant_color: measure(row.dominant_color)?,
            is_animated: row.is_animated,
            scan: convert::word("file", &row.scan, ScanState::parse)?,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}
