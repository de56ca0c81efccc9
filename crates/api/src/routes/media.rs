//! `/upload/image` and `/media`: the short form of uploads that simple clients use.

use plaza_application::{Error, file_id_of_name, media_name, media_url, must_be_picture};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path};
use serde::Serialize;

use super::{
    Tags,
    upload::{FileUpload, allow_upload},
};
use crate::{
    auth::Authenticated,
    content::{ContentResponse, Exposure, serve},
    json::Json,
    problem::ApiError,
    state::AppState,
};

/// A picture that was taken.
#[derive(Object, Serialize)]
pub(crate) struct ImageUploadView {
    /// What it is called on the server.
    filename: String,
    /// Where its bytes are, and what `image_url` of a message takes.
    url: String,
}

#[derive(ApiResponse)]
pub(crate) enum ImageUploaded {
    /// The picture is stored; a worker processes it.
    #[oai(status = 201)]
    Created(
        Json<ImageUploadView>,
        /// Where its bytes are
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct MediaApi;

#[OpenApi(tag = "Tags::Files")]
impl MediaApi {
    /// Upload a picture, the short way
    ///
    /// The same as `/files/upload`, for pictures only, with an answer that fits a message's `image_url`.
    #[oai(path = "/upload/image", method = "post", operation_id = "upload_image")]
    async fn upload(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        form: FileUpload,
    ) -> Result<ImageUploaded, ApiError> {
        allow_upload(state, &actor, form.at_least).await?;
        let uploaded = state.services.files.upload(&actor, &form.name, form.body, must_be_picture).await?;
        let filename = media_name(uploaded.file.id, uploaded.extension);
        let url = media_url(&filename);
        Ok(ImageUploaded::Created(Json(ImageUploadView { filename, url: url.clone() }), url))
    }

    /// Download a picture by its short form
    ///
    /// Also at `/media/…`. For who uploaded it, and for members of rooms where it was posted.
    #[oai(path = "/media/:name", method = "get", operation_id = "get_media")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        request: &Request,
        /// The `filename` that uploading gave
        name: Path<String>,
    ) -> Result<ContentResponse, ApiError> {
        let file_id = file_id_of_name(&name.0).ok_or(Error::NotFound("file"))?;
        let files = &state.services.files;
        let content = files.content(&actor, file_id).await?;
        serve(files, content, Exposure::User, request).await
    }
}
