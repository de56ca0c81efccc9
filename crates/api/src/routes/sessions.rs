//! `/users/me/sessions`: where one is logged in.

use plaza_application::Actor;
use plaza_domain::{Session, UserAgent};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

const UNKNOWN_DEVICE: &str = "Unknown device";

/// One of one's own logins.
#[derive(Object, Serialize)]
pub(crate) struct SessionView {
    /// Its id.
    id: Uuid,
    /// A name for people, such as `Firefox on Linux`, made from `user_agent`.
    device: String,
    /// What the client said it is, cut to 200 characters; null when it said nothing.
    #[oai(nullable)]
    user_agent: Option<String>,
    /// The address that it was last refreshed from; null when unknown.
    #[oai(nullable)]
    address: Option<String>,
    /// When it began.
    created_at: UtcTime,
    /// When it was last used, exact to some minutes.
    last_used_at: UtcTime,
    /// When it ends by itself, unless it is refreshed before.
    expires_at: UtcTime,
    /// Whether it is the one that asks.
    is_current: bool,
}

impl SessionView {
    fn seen_by(actor: &Actor) -> impl Fn(Session) -> Self {
        move |session| {
            let user_agent = session.device.user_agent;
            Self {
                id: session.id.uuid(),
                device: user_agent
                    .as_ref()
                    .and_then(UserAgent::label)
                    .unwrap_or_else(|| UNKNOWN_DEVICE.to_owned()),
                user_agent: user_agent.map(UserAgent::into_string),
                address: session.device.address.map(|address| address.to_string()),
                created_at: session.created_at.into(),
                last_used_at: session.last_used_at.into(),
                expires_at: session.expires_at.into(),
                is_current: session.id == actor.session_id,
            }
        }
    }
}

/// A part of the list of one's sessions.
#[derive(Object, Serialize)]
pub(crate) struct SessionList {
    /// The sessions, newest first.
    items: Vec<SessionView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

#[derive(ApiResponse)]
pub(crate) enum SessionEnded {
    /// It is over.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct SessionsApi;

#[OpenApi(prefix_path = "/users/me/sessions", tag = "Tags::Auth")]
impl SessionsApi {
    /// List one's sessions
    ///
    /// Those that are not over. Nobody else sees this list.
    #[oai(path = "/", method = "get", operation_id = "list_sessions")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<SessionList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.sessions.list(&actor, request).await?;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        let items = page.items.into_iter().map(SessionView::seen_by(&actor)).collect();
        Ok(Json(SessionList { items, next_cursor }))
    }

    /// End one of one's sessions
    ///
    /// Its tokens work no more and its connections are closed, at once and on every instance. To end the one that asks
    /// is to log out.
    #[oai(path = "/:session_id", method = "delete", operation_id = "end_session")]
    async fn end(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The session
        session_id: Path<Uuid>,
    ) -> Result<SessionEnded, ApiError> {
        state.services.sessions.end(&actor, session_id.0.into()).await?;
        Ok(SessionEnded::Done)
    }

    /// End all other sessions
    ///
    /// All but the one that asks, as if each was ended.
    #[oai(path = "/", method = "delete", operation_id = "end_other_sessions")]
    async fn end_others(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<SessionEnded, ApiError> {
        state.services.sessions.end_others(&actor).await?;
        Ok(SessionEnded::Done)
    }
}
