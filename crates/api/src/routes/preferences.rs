//! `/users/me/preferences`: how users want things to be.

use plaza_application::PreferenceUpdate;
use plaza_domain::Preferences;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::Tags;
use crate::{
    auth::Authenticated,
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// How a user wants things to be; only they see it.
#[derive(Object, Serialize)]
pub(crate) struct PreferencesView {
    /// Whether others learn how far one has read and what reached one's clients. While it is off nothing of that is
    /// shown, also not what was before, and when one reads is not remembered.
    shows_receipts: bool,
}

impl From<Preferences> for PreferencesView {
    fn from(Preferences { shows_receipts }: Preferences) -> Self {
        Self { shows_receipts }
    }
}

/// What changing preferences takes; what is left out or null stays.
#[derive(Object)]
#[oai(example)]
pub(crate) struct UpdatePreferencesRequest {
    /// Whether others learn how far one has read.
    #[oai(nullable, skip_serializing_if_is_none)]
    shows_receipts: Option<bool>,
}

impl Example for UpdatePreferencesRequest {
    fn example() -> Self {
        Self { shows_receipts: Some(false) }
    }
}

pub(crate) struct PreferencesApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Users")]
impl PreferencesApi {
    /// Show one's own preferences
    ///
    /// How one wants things to be.
    #[oai(path = "/me/preferences", method = "get", operation_id = "get_preferences")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<PreferencesView>, ApiError> {
        Ok(Json(state.services.users.preferences(&actor).await?.into()))
    }

    /// Change one's own preferences
    ///
    /// What is left out stays as it is.
    #[oai(path = "/me/preferences", method = "put", operation_id = "update_preferences")]
    async fn update(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<UpdatePreferencesRequest>,
    ) -> Result<Json<PreferencesView>, ApiError> {
        let update = PreferenceUpdate { shows_receipts: body.0.shows_receipts };
        Ok(Json(state.services.users.prefer(&actor, update).await?.into()))
    }
}
