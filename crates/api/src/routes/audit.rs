//! `/admin/audit`: who did what to whom, from where, for the server's admins.

use plaza_application::{Operator, Page};
use plaza_domain::{AuditAction, AuditEntry, AuditFilter, UserId};
use poem::{Body, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Query, payload::Binary};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Tags, audit_csv};
use crate::{
    UtcTime,
    auth::Authenticated,
    cursor,
    json::Json,
    problem::{ApiError, FieldErrorView},
    state::AppState,
};

/// One thing that somebody did.
#[derive(Object, Serialize)]
pub(crate) struct AuditEntryView {
    /// Its place in the log, from 1 on, without gaps.
    number: i64,
    /// When it was done.
    at: UtcTime,
    /// What was done, for example `user.banned`.
    action: String,
    /// Who did it: `user`, `command_line`, `system`, or `anonymous` when nobody knows.
    actor_kind: String,
    /// Which user did it.
    #[oai(nullable)]
    actor_id: Option<Uuid>,
    /// What it was done to, for example `user`, `session`, `room` or `task`.
    #[oai(nullable)]
    target_kind: Option<String>,
    /// Which one of those.
    #[oai(nullable)]
    target_id: Option<Uuid>,
    /// The address that it came from.
    #[oai(nullable)]
    address: Option<String>,
    /// What the client said it was.
    #[oai(nullable)]
    user_agent: Option<String>,
    /// What else there is to tell: an object.
    details: Value,
    /// The hash of the entry before it, in hexadecimal; zeros for the first.
    previous_hash: String,
    /// Its own.
    hash: String,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            number: entry.number,
            at: entry.at.into(),
            action: entry.action,
            actor_kind: entry.actor_kind,
            actor_id: entry.actor_id,
            target_kind: entry.target_kind,
            target_id: entry.target_id,
            address: entry.address,
            user_agent: entry.user_agent,
            // What was changed behind Plaza's back is shown as it is.
            details: serde_json::from_str(&entry.details).unwrap_or(Value::String(entry.details)),
            previous_hash: entry.previous_hash.to_string(),
            hash: entry.hash.to_string(),
        }
    }
}

/// A part of the audit log.
#[derive(Object, Serialize)]
pub(crate) struct AuditList {
    /// The entries, the newest first.
    items: Vec<AuditEntryView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Page<AuditEntry, i64>> for AuditList {
    fn from(page: Page<AuditEntry, i64>) -> Self {
        Self {
            next_cursor: page.next.map(|number| cursor::encode_key(&number.to_be_bytes())),
            items: page.items.into_iter().map(AuditEntryView::from).collect(),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum Exported {
    /// The entries, the newest first, with a line that names the columns. Cells that a spreadsheet would take for
    /// formulas begin with an apostrophe. An answer that breaks off is not complete.
    #[oai(status = 200, content_type = "text/csv")]
    Done(
        Binary<Body>,
        /// What to save it as
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

pub(crate) struct AuditApi;

#[OpenApi(prefix_path = "/admin", tag = "Tags::Admin")]
impl AuditApi {
    /// Read the audit log
    ///
    /// Those entries that fit everything that is given, the newest first. Each has the hash of the one before it:
    /// `plaza admin audit verify` follows them, and finds out whether anybody has changed one.
    #[oai(path = "/audit", method = "get", operation_id = "list_audit_entries")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the request")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who did it: a user
        actor_id: Query<Option<Uuid>>,
        /// What it was done to: the id of a user, session, room or other thing
        target_id: Query<Option<Uuid>>,
        /// What was done, for example `user.banned`
        #[oai(validator(max_length = 64))]
        action: Query<Option<String>>,
        /// Not before then
        from: Query<Option<UtcTime>>,
        /// Before then
        to: Query<Option<UtcTime>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<AuditList>, ApiError> {
        let filter = filter(actor_id.0, target_id.0, action.0.as_deref(), from.0, to.0)?;
        let request =
            cursor::page_by(cursor.0.as_deref(), limit.0, |key| key.try_into().ok().map(i64::from_be_bytes))?;
        Ok(Json(state.services.audit.list(Operator::User(&actor), &filter, request).await?.into()))
    }

    /// Export the audit log
    ///
    /// All entries that fit everything that is given, as CSV (RFC 4180). That they were exported is written down.
    #[oai(path = "/audit.csv", method = "get", operation_id = "export_audit_entries")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the request")]
    async fn export(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who did it: a user
        actor_id: Query<Option<Uuid>>,
        /// What it was done to: the id of a user, session, room or other thing
        target_id: Query<Option<Uuid>>,
        /// What was done, for example `user.banned`
        #[oai(validator(max_length = 64))]
        action: Query<Option<String>>,
        /// Not before then
        from: Query<Option<UtcTime>>,
        /// Before then
        to: Query<Option<UtcTime>>,
    ) -> Result<Exported, ApiError> {
        let filter = filter(actor_id.0, target_id.0, action.0.as_deref(), from.0, to.0)?;
        let export = state.services.audit.export(Operator::User(&actor), filter).await?;
        let body = Body::from_bytes_stream(audit_csv::lines(export));
        Ok(Exported::Done(Binary(body), "attachment; filename=\"audit.csv\"".to_owned()))
    }
}

fn filter(
    actor_id: Option<Uuid>,
    target_id: Option<Uuid>,
    action: Option<&str>,
    from: Option<UtcTime>,
    to: Option<UtcTime>,
) -> Result<AuditFilter, ApiError> {
    let known = |word| {
        AuditAction::parse(word).ok_or_else(|| {
            ApiError::invalid(vec![FieldErrorView::new("action", "must be one that is written down")])
        })
    };
    Ok(AuditFilter {
        actor_id: actor_id.map(UserId::new),
        target_id,
        action: action.map(known).transpose()?,
        from: from.map(|from| from.0),
        to: to.map(|to| to.0),
    })
}
