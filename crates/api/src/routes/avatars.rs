//! `/users/me/avatar`: the picture of a user.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, types::Example};
use uuid::Uuid;

use super::{Tags, UserView};
use crate::{
    auth::Authenticated,
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// What setting a picture takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct SetAvatarRequest {
    /// An upload of one's own, made with `?purpose=avatar`, that is completed.
    file_id: Uuid,
}

impl Example for SetAvatarRequest {
    fn example() -> Self {
        Self { file_id: Uuid::from_u128(0x0192_3e5a_7b1c_7d3e_8f10_2a3b_4c5d_6e7f) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum AvatarRemoved {
    /// There is none now.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct AvatarsApi;

#[OpenApi(prefix_path = "/users/me/avatar", tag = "Tags::Users")]
impl AvatarsApi {
    /// Set one's own picture
    ///
    /// Its derived images are shown to every user from then on; the original is not.
    #[oai(path = "/", method = "put", operation_id = "set_avatar")]
    async fn set(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<SetAvatarRequest>,
    ) -> Result<Json<UserView>, ApiError> {
        let user = state.services.users.set_avatar(&actor, body.0.file_id.into()).await?;
        Ok(Json(user.into()))
    }

    /// Remove one's own picture
    ///
    /// The upload stays.
    #[oai(path = "/", method = "delete", operation_id = "remove_avatar")]
    async fn remove(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<AvatarRemoved, ApiError> {
        state.services.users.remove_avatar(&actor).await?;
        Ok(AvatarRemoved::Done)
    }
}
