//! `/files/{file_id}/signed-url` and what it gives: links that work without a login, for a short time.

use std::time::Duration;

use plaza_application::{DEFAULT_LINK_TTL, FilePart, SignedLink};
use plaza_domain::VariantName;
use poem::{Request, web::Data};
use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{
    UtcTime,
    auth::Authenticated,
    content::{ContentResponse, Exposure, serve},
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// Which bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "FilePart", rename_all = "snake_case")]
pub(crate) enum FilePartName {
    /// As it was uploaded.
    Original,
    /// At most 256 pixels a side.
    Thumbnail,
    /// At most 1280 pixels a side.
    Preview,
    /// A square from the middle, at most 256 pixels a side.
    Avatar,
}

impl From<FilePartName> for FilePart {
    fn from(name: FilePartName) -> Self {
        match name {
            FilePartName::Original => Self::Original,
            FilePartName::Thumbnail => Self::Variant(VariantName::Thumbnail),
            FilePartName::Preview => Self::Variant(VariantName::Preview),
            FilePartName::Avatar => Self::Variant(VariantName::Avatar),
        }
    }
}

/// What a link takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct SignUrlRequest {
    /// Which bytes; the original when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    part: Option<FilePartName>,
    /// How many seconds it shall work, 300 to 900; 300 when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    expires_in: Option<u32>,
}

impl Example for SignUrlRequest {
    fn example() -> Self {
        Self { part: Some(FilePartName::Thumbnail), expires_in: Some(600) }
    }
}

/// A link to a file's bytes.
#[derive(Object, Serialize)]
pub(crate) struct SignedUrlView {
    /// The link, for this server; whoever has it may read the bytes.
    url: String,
    /// Until when it works.
    expires_at: UtcTime,
}

impl From<SignedLink> for SignedUrlView {
    fn from(link: SignedLink) -> Self {
        let SignedLink { file_id, part, expires_at, signature } = link;
        let expires = expires_at.timestamp();
        let url = format!(
            "/api/v1/files/{file_id}/signed/{}?expires={expires}&signature={signature}",
            part.as_str()
        );
        Self { url, expires_at: expires_at.into() }
    }
}

pub(crate) struct SignedUrlsApi;

#[OpenApi(prefix_path = "/files", tag = "Tags::Files")]
impl SignedUrlsApi {
    /// Make a link to a file
    ///
    /// For who may see the file. The link needs no `Authorization`, so that it can stand in an `<img>`; it is good for
    /// reading these bytes (`GET` and `HEAD`) and nothing else, also for those who may no longer see the file, until it ends.
    /// It ends at a full minute, 5 to 15 minutes from now, or with the file.
    #[oai(path = "/:file_id/signed-url", method = "post", operation_id = "sign_file_url")]
    async fn sign(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The file
        file_id: Path<Uuid>,
        body: JsonBody<SignUrlRequest>,
    ) -> Result<Json<SignedUrlView>, ApiError> {
        let part = body.0.part.unwrap_or(FilePartName::Original).into();
        let ttl = body.0.expires_in.map_or(DEFAULT_LINK_TTL, |seconds| Duration::from_secs(seconds.into()));
        Ok(Json(state.services.signed_urls.sign(&actor, file_id.0.into(), part, ttl).await?.into()))
    }

    /// Download by a link
    ///
    /// What `POST /files/{file_id}/signed-url` gave. Understands `If-None-Match`, a single `Range`, and `If-Range`.
    #[oai(path = "/:file_id/signed/:part", method = "get", operation_id = "get_signed_file")]
    async fn open(
        &self,
        Data(state): Data<&AppState>,
        request: &Request,
        /// The file
        file_id: Path<Uuid>,
        /// Which bytes
        part: Path<FilePartName>,
        /// Until when the link works, in seconds since 1970
        expires: Query<i64>,
        /// That the server gave it
        signature: Query<String>,
    ) -> Result<ContentResponse, ApiError> {
        let signed_urls = &state.services.signed_urls;
        let linked = signed_urls.open(file_id.0.into(), part.0.into(), expires.0, &signature.0).await?;
        let exposure = Exposure::Link { ends_in: linked.ends_in };
        serve(&state.services.files, linked.content, exposure, request).await
    }
}
