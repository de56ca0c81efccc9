//! `/files`: uploads, how far they are, and their bytes.

use plaza_domain::{File, FileFailure, FilePurpose, FileStatus, Variant, VariantName};
use poem::{Request, web::Data};
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Tags,
    upload::{FileUpload, allow_upload},
};
use crate::{
    UtcTime,
    auth::Authenticated,
    content::{ContentResponse, Exposure, serve},
    json::Json,
    problem::{ApiError, FieldErrorView},
    state::AppState,
};

/// How far processing got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename = "FileStatus", rename_all = "snake_case")]
#[schemars(rename = "FileStatus")]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileStatusName {
    /// Stored; no worker has begun.
    Pending,
    /// A worker is at it.
    Processing,
    /// Done.
    Completed,
    /// Given up; `failure` says why.
    Failed,
}

impl From<FileStatus> for FileStatusName {
    fn from(status: FileStatus) -> Self {
        match status {
            FileStatus::Pending => Self::Pending,
            FileStatus::Processing => Self::Processing,
            FileStatus::Completed => Self::Completed,
            FileStatus::Failed => Self::Failed,
        }
    }
}

/// Which derived image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename = "VariantName", rename_all = "snake_case")]
#[schemars(rename = "VariantName")]
#[serde(rename_all = "snake_case")]
pub(crate) enum VariantKind {
    /// At most 256 pixels a side.
    Thumbnail,
    /// At most 1280 pixels a side.
    Preview,
    /// A square from the middle, at most 256 pixels a side.
    Avatar,
}

impl From<VariantName> for VariantKind {
    fn from(name: VariantName) -> Self {
        match name {
            VariantName::Thumbnail => Self::Thumbnail,
            VariantName::Preview => Self::Preview,
            VariantName::Avatar => Self::Avatar,
        }
    }
}

impl From<VariantKind> for VariantName {
    fn from(kind: VariantKind) -> Self {
        match kind {
            VariantKind::Thumbnail => Self::Thumbnail,
            VariantKind::Preview => Self::Preview,
            VariantKind::Avatar => Self::Avatar,
        }
    }
}

/// What a file was uploaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "FilePurpose", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilePurposeName {
    /// To be shown in messages.
    Attachment,
    /// To be the picture of its owner: gets the variant `avatar`.
    Avatar,
    /// Made by the server, and not uploaded: everything about its owner, for them alone.
    Export,
}

impl From<FilePurpose> for FilePurposeName {
    fn from(purpose: FilePurpose) -> Self {
        match purpose {
            FilePurpose::Attachment => Self::Attachment,
            FilePurpose::Avatar => Self::Avatar,
            FilePurpose::Export => Self::Export,
        }
    }
}

/// A derived image of a file.
#[derive(Object, Serialize)]
pub(crate) struct VariantView {
    /// Which one.
    name: VariantKind,
    /// Its media type.
    media_type: String,
    /// Its width in pixels.
    width: u32,
    /// Its height in pixels.
    height: u32,
    /// Its length in bytes.
    size: u64,
    /// Where its bytes are.
    url: String,
}

impl From<Variant> for VariantView {
    fn from(variant: Variant) -> Self {
        Self {
            name: variant.name.into(),
            media_type: variant.media_type,
            width: variant.width,
            height: variant.height,
            size: variant.size,
            url: format!("/api/v1/files/{}/variants/{}", variant.file_id, variant.name.as_str()),
        }
    }
}

/// An upload.
#[derive(Object, Serialize)]
pub(crate) struct FileView {
    /// Its id.
    id: Uuid,
    /// Who uploaded it.
    owner_id: Uuid,
    /// What its owner called it.
    name: String,
    /// What it was uploaded for.
    purpose: FilePurposeName,
    /// Its media type, found by looking at its content.
    media_type: String,
    /// Its length in bytes.
    size: u64,
    /// How far processing got.
    status: FileStatusName,
    /// Why processing failed: `unreadable`, `too_many_pixels`, `wrong_type`, `infected`, `missing`, `gave_up`
    /// or `cancelled`.
    #[oai(nullable)]
    failure: Option<String>,
    /// Of a picture: its width in pixels, upright, once known.
    #[oai(nullable)]
    width: Option<u32>,
    /// Of a picture: its height in pixels, upright, once known.
    #[oai(nullable)]
    height: Option<u32>,
    /// Of a document: its number of pages, where that is known.
    #[oai(nullable)]
    page_count: Option<u32>,
    /// Of a picture: what it looks like before it is there (BlurHash), once known.
    #[oai(nullable)]
    blur_hash: Option<String>,
    /// Of a picture: the colour that it has most of, as `#rrggbb`, once known.
    #[oai(nullable)]
    dominant_color: Option<String>,
    /// Whether it is a picture that moves: its derived images show how it begins.
    is_animated: bool,
    /// Where its bytes are.
    url: String,
    /// The derived images that are there.
    variants: Vec<VariantView>,
    /// When it was uploaded.
    created_at: UtcTime,
    /// When its status last changed.
    updated_at: UtcTime,
}

impl From<(File, Vec<Variant>)> for FileView {
    fn from((file, variants): (File, Vec<Variant>)) -> Self {
        Self {
            url: format!("/api/v1/files/{}/content", file.id),
            id: file.id.uuid(),
            owner_id: file.owner_id.uuid(),
            name: file.name.into_string(),
            purpose: file.purpose.into(),
            media_type: file.media_type,
            size: file.size,
            status: file.status.into(),
            failure: file.failure.map(FileFailure::as_str).map(str::to_owned),
            width: file.width,
            height: file.height,
            page_count: file.page_count,
            blur_hash: file.blur_hash,
            dominant_color: file.dominant_color.map(|color| format!("#{color:06x}")),
            is_animated: file.is_animated,
            variants: variants.into_iter().map(VariantView::from).collect(),
            created_at: file.created_at.into(),
            updated_at: file.updated_at.into(),
        }
    }
}

/// How far an upload is.
#[derive(Object, Serialize)]
pub(crate) struct FileStatusView {
    /// The upload.
    file_id: Uuid,
    /// How far processing got.
    status: FileStatusName,
    /// Why processing failed.
    #[oai(nullable)]
    failure: Option<String>,
    /// The derived images that are there.
    variants: Vec<VariantKind>,
}

/// An upload that was taken.
#[derive(Object, Serialize)]
pub(crate) struct UploadView {
    /// The upload.
    file_id: Uuid,
    /// The task that processes it.
    task_id: Uuid,
    /// Where that task is.
    task_url: String,
    /// Always `processing`: the address in `Location` tells how far it is.
    status: String,
}

#[derive(ApiResponse)]
pub(crate) enum UploadAccepted {
    /// The file is stored; a worker processes it.
    #[oai(status = 202)]
    Accepted(
        Json<UploadView>,
        /// Where its status is
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum FileDeleted {
    /// The file is gone.
    #[oai(status = 204)]
    Deleted,
}

pub(crate) struct FilesApi;

#[OpenApi(prefix_path = "/files", tag = "Tags::Files")]
impl FilesApi {
    /// Upload a file
    ///
    /// Pictures (JPEG, PNG, GIF, WebP), PDF, plain text and office documents. What it is is found in its content; a
    /// name that promises another type is refused.
    #[oai(path = "/upload", method = "post", operation_id = "upload_file")]
    async fn upload(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// What it is for; `avatar` takes pictures only, and they get the variant `avatar`
        purpose: Query<Option<FilePurposeName>>,
        form: FileUpload,
    ) -> Result<UploadAccepted, ApiError> {
        allow_upload(state, &actor, form.at_least).await?;
        let files = &state.services.files;
        let uploaded = match purpose.0 {
            Some(FilePurposeName::Export) => {
                let must = "must be attachment or avatar: the server makes archives";
                return Err(ApiError::invalid(vec![FieldErrorView::new("purpose", must)]));
            }
            Some(FilePurposeName::Avatar) => files.upload_avatar(&actor, &form.name, form.body).await?,
            Some(FilePurposeName::Attachment) | None => {
                files.upload(&actor, &form.name, form.body, |_| Ok(())).await?
            }
        };
        let file = uploaded.file;
        let view = UploadView {
            file_id: file.id.uuid(),
            task_id: file.task_id.uuid(),
            task_url: format!("/api/v1/tasks/{}", file.task_id),
            status: "processing".to_owned(),
        };
        Ok(UploadAccepted::Accepted(Json(view), format!("/api/v1/files/{}/status", file.id)))
    }

    /// Show a file
    ///
    /// For who uploaded it, and for members of rooms where it was posted.
    #[oai(path = "/:file_id", method = "get", operation_id = "get_file")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The file
        file_id: Path<Uuid>,
    ) -> Result<Json<FileView>, ApiError> {
        Ok(Json(state.services.files.get(&actor, file_id.0.into()).await?.into()))
    }

    /// Delete a file
    ///
    /// With its derived images, wherever it is shown; messages that show it stay. For who uploaded it, and for the
    /// server's admins. Deleting it again changes nothing.
    #[oai(path = "/:file_id", method = "delete", operation_id = "delete_file")]
    async fn delete(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The file
        file_id: Path<Uuid>,
    ) -> Result<FileDeleted, ApiError> {
        state.services.files.delete(&actor, file_id.0.into()).await?;
        Ok(FileDeleted::Deleted)
    }

    /// Ask how far a file is
    ///
    /// The uploader's WebSocket connections are told without asking.
    #[oai(path = "/:file_id/status", method = "get", operation_id = "get_file_status")]
    async fn status(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The file
        file_id: Path<Uuid>,
    ) -> Result<Json<FileStatusView>, ApiError> {
        let (file, variants) = state.services.files.get(&actor, file_id.0.into()).await?;
        Ok(Json(FileStatusView {
            file_id: file.id.uuid(),
            status: file.status.into(),
            failure: file.failure.map(FileFailure::as_str).map(str::to_owned),
            variants: variants.into_iter().map(|variant| variant.name.into()).collect(),
        }))
    }

    /// Download a file
    ///
    /// Understands `If-None-Match`, a single `Range`, and `If-Range`.
    #[oai(path = "/:file_id/content", method = "get", operation_id = "get_file_content")]
    async fn content(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        request: &Request,
        /// The file
        file_id: Path<Uuid>,
    ) -> Result<ContentResponse, ApiError> {
        let files = &state.services.files;
        let content = files.content(&actor, file_id.0.into()).await?;
        serve(files, content, Exposure::User, request).await
    }

    /// Download a derived image
    ///
    /// Once the file is completed. Understands `If-None-Match`, a single `Range`, and `If-Range`.
    #[oai(path = "/:file_id/variants/:name", method = "get", operation_id = "get_file_variant")]
    async fn variant(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        request: &Request,
        /// The file
        file_id: Path<Uuid>,
        /// Which derived image
        name: Path<VariantKind>,
    ) -> Result<ContentResponse, ApiError> {
        let files = &state.services.files;
        let content = files.variant(&actor, file_id.0.into(), name.0.into()).await?;
        serve(files, content, Exposure::User, request).await
    }
}
