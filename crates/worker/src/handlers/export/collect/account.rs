//! What there is about an account: the profile, how one logs in, friends, and what the audit log tells.

use plaza_application::MAX_IDENTITIES;
use plaza_domain::{AuditFilter, RequestDirection, RequestPosition};
use serde_json::{Value, json};

use super::{Collector, Outcome, PAGE};
use crate::TaskError;

impl Collector<'_> {
    pub(super) async fn account(&mut self) -> Outcome {
        let mut read = self.store.read().await?;
        let user = read.users().find(self.user_id).await?;
        let user = user.ok_or_else(|| TaskError::Discard("there is no such user".to_owned()))?;
        let preferences = read.users().preferences(self.user_id).await?.unwrap_or_default();
        let changes = read.username_changes().list(self.user_id, None, PAGE).await?;
        let authenticator = read.totp().find(self.user_id).await?;
        let recovery_codes_left = read.recovery_codes().count_left(self.user_id).await?;
        drop(read);
        let suspension = user.suspension.map(|suspension| {
            json!({
                "kind": suspension.kind.as_str(), "since": suspension.since, "until": suspension.until,
                "reason": suspension.reason,
            })
        });
        self.lists.begin("account.json").await?;
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|change| {
                json!({
                    "old_username": change.old_username.as_str(), "new_username": change.new_username.as_str(),
                    "changed_at": change.changed_at,
                })
            })
            .collect();
        self.lists.item(&json!({
            "id": user.id, "email": user.email, "email_verified_at": user.email_verified_at,
            "username": user.username, "display_name": user.display_name, "bio": user.bio,
            "status_text": user.status_text, "time_zone": user.time_zone, "locale": user.locale,
            "role": user.role, "avatar_file_id": user.avatar_file_id, "created_at": user.created_at,
            "updated_at": user.updated_at, "erase_at": user.erase_at, "suspension": suspension, "preferences": { "shows_receipts": preferences.shows_receipts },
            "username_changes": changes, "recovery_codes_left": recovery_codes_left,
            "authenticator_confirmed_at": authenticator.and_then(|secret| secret.confirmed_at),
        }))
        .await?;
        self.lists.end().await
    }

    /// The accounts at OpenID providers.
    pub(super) async fn identities(&mut self) -> Outcome {
        let identities = self.store.read().await?.identities().list(self.user_id, MAX_IDENTITIES).await?;
        self.lists.begin("identities.json").await?;
        for identity in identities {
            self.lists
                .item(&json!({
                    "issuer": identity.issuer, "subject": identity.subject, "email": identity.email,
                    "created_at": identity.created_at, "last_used_at": identity.last_used_at,
                }))
                .await?;
        }
        self.lists.end().await
    }

    pub(super) async fn sessions(&mut self) -> Outcome {
        self.lists.begin("sessions.json").await?;
        let mut before = None;
        loop {
            let now = self.clock.now();
            let page = self.store.read().await?.sessions().list(self.user_id, now, before, PAGE).await?;
            let Some(last) = page.last() else { return self.lists.end().await };
            before = Some(last.id);
            for session in page {
                let device = session.device;
                self.lists.item(&json!({
                    "id": session.id, "created_at": session.created_at, "last_used_at": session.last_used_at,
                    "expires_at": session.expires_at, "address": device.address.map(|address| address.to_string()),
                    "user_agent": device.user_agent.map(|agent| agent.into_string()),
                }))
                .await?;
            }
        }
    }

    pub(super) async fn friends(&mut self) -> Outcome {
        self.lists.begin("friends.json").await?;
        let mut after = None;
        loop {
            let page = self.store.read().await?.friendships().list(self.user_id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.user.id);
            for friend in page {
                self.lists.item(&json!({ "user": friend.user, "since": friend.since })).await?;
            }
        }
        self.lists.end().await?;
        self.lists.begin("friend_requests.json").await?;
        for (direction, word) in
            [(RequestDirection::Incoming, "incoming"), (RequestDirection::Outgoing, "outgoing")]
        {
            let mut before = None;
            loop {
                let mut read = self.store.read().await?;
                let page = read.friendships().requests(self.user_id, direction, before, PAGE).await?;
                drop(read);
                let Some(last) = page.last() else { break };
                before = Some(RequestPosition { at: last.at, user_id: last.user.id });
                for request in page {
                    let item = json!({ "direction": word, "user": request.user, "at": request.at });
                    self.lists.item(&item).await?;
                }
            }
        }
        self.lists.end().await?;
        self.lists.begin("blocks.json").await?;
        let mut after = None;
        loop {
            let page = self.store.read().await?.blocks().list(self.user_id, after, PAGE).await?;
            let Some(last) = page.last() else { return self.lists.end().await };
            after = Some(last.user.id);
            for block in page {
                self.lists.item(&json!({ "user": block.user, "created_at": block.created_at })).await?;
            }
        }
    }

    /// What the audit log tells of what the user did, and of what was done to their account.
    pub(super) async fn audit(&mut self) -> Outcome {
        self.lists.begin("audit.json").await?;
        let by = AuditFilter { actor_id: Some(self.user_id), ..AuditFilter::default() };
        let about = AuditFilter { target_id: Some(self.user_id.uuid()), ..AuditFilter::default() };
        for filter in [by, about] {
            let mut before = None;
            loop {
                let page = self.store.read().await?.audit().list(&filter, before, PAGE).await?;
                let Some(last) = page.last() else { break };
                before = Some(last.number);
                for entry in page {
                    let is_own = entry.actor_id == Some(self.user_id.uuid());
                    // Told among what they did.
                    if filter.actor_id.is_none() && is_own {
                        continue;
                    }
                    // Where others were when they did it, and why, is theirs.
                    let own = |text: Option<String>| text.filter(|_| is_own);
                    let details: Option<Value> =
                        if is_own { serde_json::from_str(&entry.details).ok() } else { None };
                    self.lists
                        .item(&json!({
                            "number": entry.number, "at": entry.at, "action": entry.action,
                            "actor_kind": entry.actor_kind, "is_own": is_own, "target_kind": entry.target_kind,
                            "target_id": entry.target_id.filter(|_| is_own), "address": own(entry.address),
                            "user_agent": own(entry.user_agent), "details": details,
                        }))
                        .await?;
                }
            }
        }
        self.lists.end().await
    }
}
