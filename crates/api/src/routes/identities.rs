//! `/users/me/identities`: which logins of OpenID providers are linked to one's account.

use plaza_application::{FLOW_TTL, Limited, LinkedIdentity};
use plaza_domain::Email;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, provider_logins::LoginProviderView};
use crate::{
    UtcTime,
    auth::Authenticated,
    browser::hand_out,
    client::ClientAddress,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// A login that is linked to one's account.
#[derive(Object, Serialize)]
pub(crate) struct IdentityView {
    /// Its id.
    id: Uuid,
    /// Whose login it is; null when the operator trusts them no more, and it is of no use.
    #[oai(nullable)]
    provider: Option<LoginProviderView>,
    /// What the provider calls itself.
    issuer: String,
    /// The address that the provider told last; null when it told none.
    #[oai(nullable)]
    email: Option<String>,
    /// When it was linked.
    created_at: UtcTime,
    /// When it was last used to log in.
    last_used_at: UtcTime,
}

impl From<LinkedIdentity> for IdentityView {
    fn from(LinkedIdentity { identity, provider }: LinkedIdentity) -> Self {
        Self {
            id: identity.id.uuid(),
            provider: provider.map(Into::into),
            issuer: identity.issuer.into_string(),
            email: identity.email.map(Email::into_string),
            created_at: identity.created_at.into(),
            last_used_at: identity.last_used_at.into(),
        }
    }
}

/// All logins that are linked to one's account.
#[derive(Object, Serialize)]
pub(crate) struct IdentityList {
    /// The logins, oldest first; at most one of each provider.
    items: Vec<IdentityView>,
}

/// What linking a login takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct LinkIdentityRequest {
    /// What addresses call the provider.
    provider: Text<1, 32>,
    /// Where to send the browser when it is over: an address of this server, or one that its operator has listed.
    #[oai(nullable, skip_serializing_if_is_none)]
    return_to: Option<Text<1, 2048>>,
    /// One's password. Whoever leaves it out, or has none, must have logged in within the last five minutes.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<1, 128>>,
}

impl Example for LinkIdentityRequest {
    fn example() -> Self {
        Self {
            provider: "corp".into(),
            return_to: Some("/settings".into()),
            password: Some("correct horse battery".into()),
        }
    }
}

/// Where to go to link a login.
#[derive(Object, Serialize)]
pub(crate) struct LinkingView {
    /// Where the provider asks who somebody is; for the browser that asked, within ten minutes.
    authorization_url: String,
}

#[derive(ApiResponse)]
pub(crate) enum LinkingBegun {
    /// Where to go.
    #[oai(status = 200)]
    Begun(
        Json<LinkingView>,
        /// What the browser must bring back
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum Unlinked {
    /// It is not linked any more.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct IdentitiesApi;

#[OpenApi(prefix_path = "/users/me/identities", tag = "Tags::Auth")]
impl IdentitiesApi {
    /// List the logins that are linked to one's account
    ///
    /// Nobody else sees this list.
    #[oai(path = "/", method = "get", operation_id = "list_identities")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<IdentityList>, ApiError> {
        let items = state.services.identities.list(&actor).await?.into_iter().map(Into::into).collect();
        Ok(Json(IdentityList { items }))
    }

    /// Begin to link a login of a provider to one's account
    ///
    /// The browser that asks is then led to `authorization_url`, and comes back as from a login. What it comes back with
    /// is linked to the account of who asked, as long as their session has not ended. For pages of this server: a
    /// browser takes the cookie from nobody else. What is linked is a way in that stays, so this takes one's password or
    /// a fresh login; guesses at the password are counted like logins.
    #[oai(path = "/", method = "post", operation_id = "link_identity")]
    async fn link(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        address: ClientAddress,
        body: JsonBody<LinkIdentityRequest>,
    ) -> Result<LinkingBegun, ApiError> {
        allow(state, Limited::ProviderLoginFrom(&address.to_string())).await?;
        let JsonBody(LinkIdentityRequest { provider, return_to, password }) = body;
        let (logins, password) = (&state.services.provider_logins, password.as_ref().map(Text::as_str));
        let begun =
            logins.begin_linking(&actor, password, provider.as_str(), return_to.map(Into::into)).await?;
        let cookie = hand_out(&state.server, &begun.browser_secret, FLOW_TTL);
        Ok(LinkingBegun::Begun(Json(LinkingView { authorization_url: begun.authorization_url }), cookie))
    }

    /// Unlink a login from one's account
    ///
    /// Refused when it is the only way into the account. Sessions that were begun by it go on.
    #[oai(path = "/:identity_id", method = "delete", operation_id = "unlink_identity")]
    async fn unlink(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The login
        identity_id: Path<Uuid>,
    ) -> Result<Unlinked, ApiError> {
        state.services.identities.unlink(&actor, identity_id.0.into()).await?;
        Ok(Unlinked::Done)
    }
}
