//! What answers look like, for the documentation: one story, in which Ada opens the lounge and posts a picture.

use serde_json::{Value, json};

const ADA: &str = "01a1fbea-bf03-71b1-974b-6d519ed5298a";
const SESSION: &str = "01a1fbea-c004-7222-9f37-1f0c9f1b33d2";
const IDENTITY: &str = "01a1fbea-c0a1-7511-8d2f-0b6e4a9d7c13";
const INVITATION: &str = "01a1fbea-c0b2-7d44-b1c7-5f0a9e3d2b61";
const LOUNGE: &str = "01a1fbea-d102-7015-a3e9-947200c74479";
const MESSAGE: &str = "01a1fbea-d111-72c9-b369-ce9dae5229f7";
const FILE: &str = "01a1fbea-d11a-73fa-96fd-2661e535ee0c";
const TASK: &str = "01a1fbea-d12d-70c3-a8e2-4d7c55e9e243";
const WORKER: &str = "01a1fbea-b0aa-7c11-9d0e-41f2a7c3d5e8";
const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const MORNING: &str = "2026-11-21T08:00:00.000000Z";
const NOON: &str = "2026-11-21T12:00:00.123456Z";
const EVENING: &str = "2026-11-28T20:15:00.654321Z";

/// An example of the type with that name in the document.
pub(crate) fn example(schema: &str) -> Option<Value> {
    let example = match schema {
        "UserSummaryView" => user(),
        "UserView" => account(),
        "ProfileView" => profile(),
        "UsernameChangeView" => username_change(),
        "UsernameChangeList" => json!({"items": [username_change()], "next_cursor": null}),
        "DeletionView" => json!({"erase_at": EVENING}),
        "ExportView" => json!({
            "task_id": TASK, "task_url": format!("/api/v1/tasks/{TASK}"), "state": "succeeded", "progress": 100,
            "requested_at": MORNING, "file_id": FILE, "content_url": format!("/api/v1/files/{FILE}/content"),
            "expires_at": EVENING
        }),
        "LoginView" => login(),
        "EmailChangeView" => json!({"state": "waiting"}),
        "TicketView" => json!({"ticket": "Zk1u0Wc4o2l7…", "expires_in": 30}),
        "LoginProviderView" => login_provider(),
        "LoginProviderList" => json!({"items": [login_provider()]}),
        "IdentityView" => identity(),
        "IdentityList" => json!({"items": [identity()]}),
        "LinkingView" => {
            json!({"authorization_url": "https://id.example.org/authorize?client_id=plaza&state=…"})
        }
        "SessionView" => session(),
        "SessionList" => json!({"items": [session()], "next_cursor": null}),
        "TotpEnrolmentView" => json!({
            "secret": TOTP_SECRET,
            "otpauth_uri": format!("otpauth://totp/plaza:ada?secret={TOTP_SECRET}&issuer=plaza")
        }),
        "TotpStatusView" => json!({"enabled": true, "required": false, "recovery_codes_left": 10}),
        "RecoveryCodesView" => json!({"recovery_codes": ["k3m9-0fzt-7qxa-vw2h", "9xq2-41cd-mm7e-0s8t"]}),
        "InvitationView" => invitation(),
        "InvitationList" => json!({"items": [invitation()], "next_cursor": null}),
        "NewInvitationView" => json!({"code": "x4Jq0Wc4o2l7…", "invitation": invitation()}),
        "SigningKeyView" => signing_key(),
        "SigningKeySetView" => json!({"keys": [signing_key()]}),
        "BlockView" => block(),
        "BlockList" => json!({"items": [block()], "next_cursor": null}),
        "FriendView" => friend(),
        "FriendList" => json!({"items": [friend()], "next_cursor": null}),
        "FriendshipView" => json!({"user": user(), "relation": "outgoing", "since": NOON}),
        "FriendRequestView" => friend_request(),
        "FriendRequestList" => json!({"items": [friend_request()], "next_cursor": null}),
        "RoomView" => room(),
        "RoomOverviewView" => room_overview(),
        "MembershipView" => membership(),
        "RoomList" => json!({"items": [room_overview()], "next_cursor": null}),
        "MemberView" => member(),
        "MemberList" => json!({"items": [member()], "next_cursor": null}),
        "MessageView" => message(),
        "ReactionView" => reaction(),
        "ReactionEntryView" => reaction_entry(),
        "ReactionList" => json!({"items": [reaction_entry()], "next_cursor": null}),
        "PinsView" => json!({"items": [message()]}),
        "EditView" => edit(),
        "EditList" => json!({"items": [edit()], "next_cursor": null}),
        "ReceiptView" => receipt(),
        "ReceiptsView" => json!({
            "items": [receipt()], "counts_only": false, "member_count": 2, "delivered_count": 1, "read_count": 1
        }),
        "StorageView" => json!({"used_bytes": 2_411_724, "files": 3, "allowed_bytes": 10_737_418_240_u64}),
        "PreferencesView" => json!({"shows_receipts": true}),
        "HistoryView" => json!({"items": [message()], "has_more": false}),
        "ThreadView" => {
            json!({"root": message(), "items": [], "has_more": false, "is_following": true, "read_seq": 1})
        }
        "FollowedThreadView" => thread(),
        "ThreadList" => json!({"items": [thread()], "next_cursor": null}),
        "MentionList" => json!({"items": [message()], "next_cursor": null}),
        "ChangeView" => change(),
        "ChangesView" => {
            json!({"changes": [change()], "version": 3, "last_seq": 1, "has_more": false, "reset": false})
        }
        "PresenceView" => presence(),
        "PresenceList" => json!({"items": [presence()]}),
        "FileView" => file(),
        "VariantView" => variant(),
        "FileStatusView" => {
            json!({"file_id": FILE, "status": "completed", "failure": null, "variants": ["thumbnail", "preview"]})
        }
        "UploadView" => json!({
            "file_id": FILE, "task_id": TASK, "task_url": format!("/api/v1/tasks/{TASK}"), "status": "processing"
        }),
        "TaskView" => task(),
        "AttemptView" => attempt(),
        "SuspensionView" => suspension(),
        "AdminUserView" => admin_user(),
        "MadeAccountView" => json!({"user": admin_user(), "password": null}),
        "AdminUserList" => json!({"items": [admin_user()], "next_cursor": null}),
        "AuditEntryView" => audit_entry(),
        "AuditList" => json!({"items": [audit_entry()], "next_cursor": null}),
        "AdminTaskView" => admin_task(),
        "AdminAttemptView" => admin_attempt(),
        "AdminTaskDetailsView" => json!({"task": admin_task(), "attempts": [admin_attempt()]}),
        "AdminTaskList" => json!({"items": [admin_task()], "next_cursor": null}),
        "RetriedTasksView" => json!({"retried": 12, "skipped": 0, "next_cursor": null}),
        "QueueView" => queue(),
        "QueueList" => json!({"items": [queue()], "is_complete": true}),
        "JobView" => job(),
        "JobList" => json!({"items": [job()]}),
        "WorkerView" => worker(),
        "WorkerList" => json!({"items": [worker()]}),
        "ImageUploadView" => {
            json!({"filename": format!("{FILE}.png"), "url": format!("/media/{FILE}.png")})
        }
        "SignedUrlView" => signed_url(),
        "LivenessView" => json!({"status": "alive", "worker_loop_age_seconds": 2.5}),
        "ReadinessView" => json!({"status": "ready", "dependencies": [dependency()]}),
        "DependencyView" => dependency(),
        "Problem" => problem(),
        "FieldError" => field_error(),
        _ => return None,
    };
    Some(example)
}

fn user() -> Value {
    json!({"id": ADA, "username": "ada", "display_name": "Ada Lovelace"})
}

fn signed_url() -> Value {
    json!({
        "url": format!("/api/v1/files/{FILE}/signed/thumbnail?expires=1795262460&signature=4RrD0xY…"),
        "expires_at": "2026-11-21T12:01:00.000000Z"
    })
}

fn username_change() -> Value {
    json!({"old_username": "ada.byron", "new_username": "ada", "changed_at": NOON})
}

fn profile() -> Value {
    json!({
        "id": ADA, "username": "ada", "display_name": "Ada Lovelace", "bio": "Engines.",
        "status_text": "At the mill", "avatar_url": null, "role": "member", "created_at": MORNING, "is_deleted": false
    })
}

fn account() -> Value {
    json!({
        "id": ADA, "email": "ada@example.org", "email_verified_at": MORNING, "username": "ada",
        "display_name": "Ada Lovelace", "bio": "Engines.",
        "status_text": "At the mill", "avatar_url": format!("/api/v1/files/{FILE}/variants/avatar"),
        "time_zone": "Europe/London", "locale": "en-GB", "role": "member", "created_at": MORNING,
        "updated_at": MORNING
    })
}

fn login() -> Value {
    json!({
        "access_token": "eyJhbGciOiJFZERTQSJ9…", "token_type": "Bearer", "expires_in": 900, "expires_at": NOON,
        "refresh_token": "mJ3nX0vT5r…", "refresh_expires_at": EVENING, "user": account(), "is_restored": false
    })
}

fn login_provider() -> Value {
    json!({"id": "corp", "name": "Example Corp."})
}

fn identity() -> Value {
    json!({
        "id": IDENTITY, "provider": login_provider(), "issuer": "https://id.example.org", "email": "ada@example.org",
        "created_at": MORNING, "last_used_at": NOON
    })
}

fn session() -> Value {
    json!({
        "id": SESSION, "device": "Firefox on Linux", "address": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
        "created_at": MORNING, "last_used_at": NOON, "expires_at": EVENING, "is_current": true
    })
}

fn invitation() -> Value {
    json!({
        "id": INVITATION, "note": "The choir", "role": "member", "created_by": ADA, "max_uses": 30, "uses": 4,
        "created_at": MORNING, "expires_at": EVENING, "revoked_at": null
    })
}

fn signing_key() -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    })
}

fn room() -> Value {
    json!({
        "id": LOUNGE, "kind": "room", "name": "Lounge", "description": "For everything else", "is_private": false,
        "created_by": ADA, "last_seq": 1, "version": 3, "created_at": MORNING, "updated_at": MORNING,
        "peer": null
    })
}

fn room_overview() -> Value {
    let mut room = room();
    room["membership"] = membership();
    room["last_message"] = message();
    room
}

fn membership() -> Value {
    json!({
        "role": "owner", "delivered_seq": 1, "read_seq": 0, "unread": 1, "mentions": 0, "is_muted": true,
        "muted_until": EVENING
    })
}

fn receipt() -> Value {
    json!({"user": user(), "is_delivered": true, "is_read": true, "read_at": NOON})
}

fn block() -> Value {
    json!({"user": user(), "created_at": NOON})
}

fn friend() -> Value {
    json!({"user": user(), "since": MORNING, "presence": presence()})
}

fn friend_request() -> Value {
    json!({"user": user(), "created_at": NOON})
}

fn member() -> Value {
    json!({"user": user(), "role": "owner", "joined_at": MORNING, "left_at": null, "read_seq": 1})
}

fn message() -> Value {
    json!({
        "id": MESSAGE, "room_id": LOUNGE, "seq": 1, "version": 3, "sender": user(), "message_type": "image",
        "content": "The **engine**", "content_html": "<p>The <strong>engine</strong></p>\n", "client_id": "5f0c3c1e-1",
        "file_id": FILE, "image_url": null, "parent_id": null, "system_event": null, "reply_count": 2,
        "last_reply_at": EVENING, "pinned_at": EVENING, "pinned_by": ADA, "mentions": [], "mentions_room": false,
        "reactions": [reaction()], "created_at": NOON, "edited_at": null, "deleted_at": null
    })
}

fn reaction() -> Value {
    json!({"emoji": "👍", "count": 1, "me": true, "user_ids": [ADA]})
}

fn reaction_entry() -> Value {
    json!({"user": user(), "emoji": "👍", "created_at": EVENING})
}

fn edit() -> Value {
    json!({"version": 2, "content": "The engine", "replaced_at": NOON})
}

fn thread() -> Value {
    json!({"root": message(), "unread": 0, "read_seq": 1, "is_following": true})
}

fn change() -> Value {
    json!({"type": "message", "version": 3, "message": message()})
}

fn presence() -> Value {
    json!({"user_id": ADA, "status": "offline", "last_seen_at": NOON})
}

fn file() -> Value {
    json!({
        "id": FILE, "owner_id": ADA, "name": "engine.png", "media_type": "image/png", "size": 482_113,
        "status": "completed", "failure": null, "width": 4032, "height": 3024, "page_count": null,
        "purpose": "attachment", "blur_hash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "dominant_color": "#6b7f94",
        "is_animated": false,
        "url": format!("/api/v1/files/{FILE}/content"), "variants": [variant()], "created_at": NOON, "updated_at": NOON
    })
}

fn variant() -> Value {
    json!({
        "name": "thumbnail", "media_type": "image/webp", "width": 256, "height": 192, "size": 9_120,
        "url": format!("/api/v1/files/{FILE}/variants/thumbnail")
    })
}

fn task() -> Value {
    json!({
        "id": TASK, "kind": "process_image", "state": "scheduled", "progress": null, "result": null, "error": null,
        "max_attempts": 8, "attempts": [attempt()], "created_at": NOON, "finished_at": null
    })
}

fn attempt() -> Value {
    json!({
        "attempt": 1, "outcome": "retry", "error": "it failed, and is tried again", "started_at": NOON, "ended_at": NOON
    })
}

fn suspension() -> Value {
    json!({"kind": "banned", "since": NOON, "until": EVENING, "reason": "Sent the same link to everybody."})
}

fn admin_user() -> Value {
    json!({
        "id": ADA, "email": "ada@example.org", "email_verified_at": NOON, "username": "ada",
        "display_name": "Ada Lovelace", "role": "member", "has_password": true, "suspension": suspension(),
        "erase_at": null, "erased_at": null, "created_at": MORNING, "updated_at": NOON,
    })
}

fn audit_entry() -> Value {
    json!({
        "number": 1, "at": MORNING, "action": "user.registered", "actor_kind": "user", "actor_id": ADA,
        "target_kind": "user", "target_id": ADA, "address": "203.0.113.7", "user_agent": "curl/8.9.1",
        "details": {"role": "admin"}, "previous_hash": "0".repeat(64),
        "hash": "7c3a0e1f5b8d2946e0c1f2a3b4d5968778695a4b3c2d1e0f9f8e7d6c5b4a3928",
    })
}

fn admin_task() -> Value {
    json!({
        "id": TASK, "queue": "media", "kind": "process_image", "version": 1, "payload": {"file_id": FILE},
        "owner_id": ADA, "state": "scheduled", "priority": 0, "unique_key": null, "attempt": 1, "max_attempts": 8,
        "crashes": 0, "progress": null, "result": null, "last_error": "the object store does not answer",
        "run_at": EVENING, "lease_until": null, "cancel_requested_at": null, "created_at": NOON, "finished_at": null
    })
}

fn admin_attempt() -> Value {
    json!({
        "attempt": 1, "worker_id": WORKER, "outcome": "retry", "error": "the object store does not answer",
        "started_at": NOON, "ended_at": NOON
    })
}

fn queue() -> Value {
    json!({
        "name": "media", "scheduled": 1, "ready": 3, "running": 2, "dead": 0, "oldest_ready_seconds": 4,
        "succeeded_last_hour": 380, "failed_last_hour": 20, "failure_rate": 0.05
    })
}

fn job() -> Value {
    json!({
        "name": "purge_tasks", "schedule": "37 * * * *", "next_run_at": EVENING, "last_run_at": NOON,
        "last_task_id": TASK, "last_task_state": "succeeded"
    })
}

fn worker() -> Value {
    json!({
        "id": WORKER, "host": "engine-room", "pid": 1815, "version": "0.1.0",
        "queues": ["default", "media", "mail", "exports"], "slots": 3, "running": 1, "started_at": MORNING, "seen_at": NOON
    })
}

fn dependency() -> Value {
    json!({"name": "database", "healthy": true, "required": true})
}

fn problem() -> Value {
    json!({
        "type": "/problems/invalid", "title": "The input breaks a rule", "status": 422,
        "detail": "name must be 1 to 80 characters long", "instance": "/api/v1/rooms", "errors": [field_error()]
    })
}

fn field_error() -> Value {
    json!({"field": "name", "message": "must be 1 to 80 characters long"})
}
