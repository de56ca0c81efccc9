//! How far an upload is, as its owner is told.

use plaza_domain::{FileFailure, FileId, FileStatus, VariantName};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::routes::VariantKind;

/// How far an upload is.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct FileFrame {
    /// The upload.
    #[schemars(with = "Uuid")]
    file_id: FileId,
    /// How far processing got, or that the upload is gone.
    status: FileStateName,
    /// The derived images that are there; left out while there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantKind>,
    /// Why processing failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<FileFailureName>,
}

impl FileFrame {
    pub(super) fn new(
        file_id: FileId,
        status: FileStatus,
        variants: &[VariantName],
        failure: Option<FileFailure>,
    ) -> Self {
        Self {
            file_id,
            status: status.into(),
            variants: variants.iter().copied().map(VariantKind::from).collect(),
            reason: failure.map(FileFailureName::from),
        }
    }

    /// An upload that is gone.
    pub(super) fn deleted(file_id: FileId) -> Self {
        Self { file_id, status: FileStateName::Deleted, variants: Vec::new(), reason: None }
    }
}

/// How far processing got, or that the upload is gone.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[schemars(rename = "FileState")]
#[serde(rename_all = "snake_case")]
enum FileStateName {
    /// Stored; no worker has begun.
    Pending,
    /// A worker is at it.
    Processing,
    /// Done.
    Completed,
    /// Given up; `reason` says why.
    Failed,
    /// Deleted: its bytes are not given to anybody any more.
    Deleted,
}

impl From<FileStatus> for FileStateName {
    fn from(status: FileStatus) -> Self {
        match status {
            FileStatus::Pending => Self::Pending,
            FileStatus::Processing => Self::Processing,
            FileStatus::Completed => Self::Completed,
            FileStatus::Failed => Self::Failed,
        }
    }
}

/// Why a file could not be processed.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[schemars(rename = "FileFailure")]
#[serde(rename_all = "snake_case")]
enum FileFailureName {
    /// Its bytes are not what its type promises: damaged, cut short, or something else.
    Unreadable,
    /// More pixels than are decoded.
    TooManyPixels,
    /// Its content is of another type than it was uploaded as.
    WrongType,
    /// Malicious software was found in it.
    Infected,
    /// Its bytes are gone.
    Missing,
    /// Processing failed again and again for a reason that is not the file's.
    GaveUp,
    /// Who runs the server called processing off.
    Cancelled,
}

impl From<FileFailure> for FileFailureName {
    fn from(failure: FileFailure) -> Self {
        match failure {
            FileFailure::Unreadable => Self::Unreadable,
            FileFailure::TooManyPixels => Self::TooManyPixels,
            FileFailure::WrongType => Self::WrongType,
            FileFailure::Infected => Self::Infected,
            FileFailure::Missing => Self::Missing,
            FileFailure::GaveUp => Self::GaveUp,
            FileFailure::Cancelled => Self::Cancelled,
        }
    }
}
