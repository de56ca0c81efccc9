//! The rows: every operation of the OpenAPI document and every frame that clients send, with what it asks the policy for.

use plaza_application::{AccountAction, FileAction, FriendAction, MessageAction, RoomAction, UserAction};
use plaza_domain::MemberRole;

use super::needs::Needs;

/// A row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    /// `POST /rooms`, by its method and its path in the OpenAPI document, or `WS message`, by the type of the frame.
    pub(super) name: &'static str,
    /// Of several things that an operation does, which one; may be empty.
    pub(super) case: &'static str,
    /// What it asks the policy for.
    pub(super) needs: Needs,
}

const fn row(name: &'static str, needs: Needs) -> Operation {
    Operation { name, case: "", needs }
}

const fn case(name: &'static str, case: &'static str, needs: Needs) -> Operation {
    Operation { name, case, needs }
}

/// All of them. What is missing here fails a test.
pub(super) const OPERATIONS: &[Operation] = &[
    // The server, and one's own account.
    row("GET /healthz", Needs::Nothing),
    row("GET /readyz", Needs::Nothing),
    row("GET /.well-known/jwks.json", Needs::Nothing),
    row("POST /auth/register", Needs::Nothing),
    row("POST /auth/login", Needs::Nothing),
    row("POST /auth/login/second-factor", Needs::Nothing),
    row("POST /auth/refresh", Needs::Nothing),
    row("POST /auth/verify-email", Needs::Nothing),
    row("POST /auth/verify-email/request", Needs::Login),
    row("POST /auth/password-reset/request", Needs::Nothing),
    row("POST /auth/password-reset", Needs::Nothing),
    row("POST /auth/email-change", Needs::Nothing),
    row("GET /auth/oidc/providers", Needs::Nothing),
    row("GET /auth/oidc/{provider}/login", Needs::Nothing),
    row("GET /auth/oidc/{provider}/callback", Needs::Nothing),
    row("POST /auth/oidc/token", Needs::Nothing),
    row("POST /auth/logout", Needs::Login),
    row("POST /auth/ws-ticket", Needs::Login),
    row("GET /users/me", Needs::Login),
    row("PUT /users/me", Needs::Login),
    row("DELETE /users/me", Needs::Login),
    row("PUT /users/me/password", Needs::Login),
    row("POST /users/me/email-change", Needs::Login),
    row("GET /users/me/totp", Needs::Login),
    row("POST /users/me/totp", Needs::Login),
    row("POST /users/me/totp/confirm", Needs::Login),
    row("DELETE /users/me/totp", Needs::Login),
    row("POST /users/me/totp/recovery-codes", Needs::Login),
    row("GET /users/me/preferences", Needs::Login),
    row("PUT /users/me/preferences", Needs::Login),
    row("DELETE /users/me/avatar", Needs::Login),
    row("GET /users/me/sessions", Needs::Login),
    row("DELETE /users/me/sessions", Needs::Login),
    row("GET /users/me/identities", Needs::Login),
    row("POST /users/me/identities", Needs::Login),
    row("GET /users/me/username-history", Needs::Login),
    row("GET /users/me/blocks", Needs::Login),
    row("GET /users/me/mentions", Needs::Login),
    row("GET /users/me/storage", Needs::Login),
    row("GET /friends", Needs::Login),
    row("GET /friends/requests", Needs::Login),
    row("POST /presence/query", Needs::Login),
    row("GET /rooms", Needs::Login),
    row("POST /rooms", Needs::RoomCreation),
    case("GET /threads", "of all rooms", Needs::Login),
    row("POST /files/upload", Needs::Login),
    row("POST /upload/image", Needs::Login),
    // Whoever has the link: the server signed it for somebody who may see the file.
    row("GET /files/{file_id}/signed/{part}", Needs::Nothing),
    row("GET /admin/tasks", Needs::Operation),
    row("GET /admin/tasks/{task_id}", Needs::Operation),
    row("POST /admin/tasks/{task_id}/retry", Needs::Operation),
    row("POST /admin/tasks/{task_id}/cancel", Needs::Operation),
    row("POST /admin/tasks/retry", Needs::Operation),
    row("GET /admin/queues", Needs::Operation),
    row("GET /admin/jobs", Needs::Operation),
    row("POST /admin/jobs/{name}/run", Needs::Operation),
    row("GET /admin/workers", Needs::Operation),
    row("GET /admin/audit", Needs::Operation),
    row("GET /admin/audit.csv", Needs::Operation),
    row("GET /admin/users", Needs::Operation),
    row("WS authenticate", Needs::Nothing),
    row("WS presence", Needs::Login),
    row("WS heartbeat", Needs::Login),
    row("WS unsubscribe", Needs::Login),
    // What belongs to one user.
    row("DELETE /users/me/sessions/{session_id}", Needs::Own),
    row("DELETE /users/me/identities/{identity_id}", Needs::Own),
    row("PUT /users/me/avatar", Needs::Own),
    case("POST /rooms/{room_id}/messages", "with an upload", Needs::Own),
    case("WS message", "with an upload", Needs::Own),
    // Another user.
    row("GET /users/{user_id}", Needs::User(UserAction::See)),
    row("GET /users/{user_id}/presence", Needs::User(UserAction::See)),
    case("GET /files/{file_id}/variants/{name}", "of their picture", Needs::User(UserAction::See)),
    row("PUT /users/{user_id}/block", Needs::User(UserAction::See)),
    row("DELETE /users/{user_id}/block", Needs::User(UserAction::See)),
    row("GET /friends/{user_id}", Needs::User(UserAction::See)),
    row("POST /friends/requests", Needs::User(UserAction::Befriend)),
    row("POST /rooms/direct", Needs::User(UserAction::Write)),
    case("WS message", "to a user", Needs::User(UserAction::Write)),
    case("WS group_message", "to a user", Needs::User(UserAction::Write)),
    row("PUT /users/{user_id}/ban", Needs::Account(AccountAction::Ban)),
    row("DELETE /users/{user_id}/ban", Needs::Account(AccountAction::Unban)),
    row("GET /admin/users/{user_id}", Needs::Account(AccountAction::Inspect)),
    row("PUT /admin/users/{user_id}/role", Needs::Account(AccountAction::ChangeRole)),
    row("PUT /admin/users/{user_id}/deactivation", Needs::Account(AccountAction::Deactivate)),
    row("DELETE /admin/users/{user_id}/deactivation", Needs::Account(AccountAction::Reactivate)),
    row("PUT /admin/users/{user_id}/email-verification", Needs::Account(AccountAction::VerifyEmail)),
    row("DELETE /admin/users/{user_id}/second-factor", Needs::SecondFactorReset),
    row("DELETE /admin/users/{user_id}/sessions", Needs::Account(AccountAction::EndSessions)),
    // A friendship.
    row("POST /friends/requests/{user_id}/accept", Needs::Friendship(FriendAction::Accept)),
    row("POST /friends/requests/{user_id}/decline", Needs::Friendship(FriendAction::Decline)),
    row("DELETE /friends/requests/{user_id}", Needs::Friendship(FriendAction::Cancel)),
    row("DELETE /friends/{user_id}", Needs::Friendship(FriendAction::Remove)),
    // A room.
    row("GET /rooms/{room_id}", Needs::Room(RoomAction::View)),
    row("GET /rooms/{room_id}/members", Needs::Room(RoomAction::View)),
    row("POST /rooms/{room_id}/join", Needs::Room(RoomAction::Join)),
    row("POST /rooms/{room_id}/leave", Needs::Room(RoomAction::Leave)),
    row("GET /rooms/{room_id}/messages", Needs::Room(RoomAction::Read)),
    row("GET /rooms/{room_id}/changes", Needs::Room(RoomAction::Read)),
    row("GET /rooms/{room_id}/pins", Needs::Room(RoomAction::Read)),
    case("GET /threads", "of one room", Needs::Room(RoomAction::Read)),
    row("PUT /rooms/{room_id}/mute", Needs::Room(RoomAction::Read)),
    row("DELETE /rooms/{room_id}/mute", Needs::Room(RoomAction::Read)),
    row("POST /rooms/{room_id}/messages", Needs::Post),
    row("PATCH /rooms/{room_id}", Needs::Room(RoomAction::Edit)),
    row("DELETE /rooms/{room_id}", Needs::Room(RoomAction::Delete)),
    case("POST /rooms/{room_id}/members", "as a member", Needs::Room(RoomAction::AddMember)),
    case("POST /rooms/{room_id}/members", "as an admin", Needs::Room(RoomAction::ChangeRole)),
    row("PATCH /rooms/{room_id}/members/{user_id}", Needs::Room(RoomAction::ChangeRole)),
    case(
        "DELETE /rooms/{room_id}/members/{user_id}",
        "a member",
        Needs::Room(RoomAction::RemoveMember(MemberRole::Member)),
    ),
    case(
        "DELETE /rooms/{room_id}/members/{user_id}",
        "an admin",
        Needs::Room(RoomAction::RemoveMember(MemberRole::Admin)),
    ),
    row("WS subscribe", Needs::Room(RoomAction::Read)),
    row("WS read", Needs::Room(RoomAction::Write)),
    row("WS typing", Needs::Room(RoomAction::Write)),
    row("WS message", Needs::Post),
    row("WS group_message", Needs::Post),
    // A message.
    row("GET /messages/{message_id}", Needs::Reading),
    row("GET /messages/{message_id}/reactions", Needs::Reading),
    row("GET /messages/{message_id}/receipts", Needs::Reading),
    row("GET /messages/{message_id}/thread", Needs::Reading),
    row("PUT /messages/{message_id}/thread/read", Needs::Reading),
    row("PUT /messages/{message_id}/follow", Needs::Reading),
    row("DELETE /messages/{message_id}/follow", Needs::Reading),
    row("GET /messages/{message_id}/history", Needs::Message(MessageAction::ReadEdits)),
    row("PATCH /messages/{message_id}", Needs::Message(MessageAction::Edit)),
    row("DELETE /messages/{message_id}", Needs::Message(MessageAction::Delete)),
    row("PUT /messages/{message_id}/reactions/{emoji}", Needs::Message(MessageAction::React)),
    row("DELETE /messages/{message_id}/reactions/{emoji}", Needs::Message(MessageAction::React)),
    row("PUT /messages/{message_id}/pin", Needs::Message(MessageAction::Pin)),
    row("DELETE /messages/{message_id}/pin", Needs::Message(MessageAction::Pin)),
    row("WS edit", Needs::Message(MessageAction::Edit)),
    row("WS delete", Needs::Message(MessageAction::Delete)),
    row("WS react", Needs::Message(MessageAction::React)),
    row("WS unreact", Needs::Message(MessageAction::React)),
    // An upload.
    row("GET /files/{file_id}", Needs::File(FileAction::Read)),
    row("GET /files/{file_id}/status", Needs::File(FileAction::Read)),
    row("GET /files/{file_id}/content", Needs::File(FileAction::Read)),
    row("GET /files/{file_id}/variants/{name}", Needs::File(FileAction::Read)),
    row("GET /files/{file_id}/text", Needs::File(FileAction::Read)),
    row("POST /files/{file_id}/signed-url", Needs::File(FileAction::Read)),
    row("GET /media/{name}", Needs::File(FileAction::Read)),
    row("DELETE /files/{file_id}", Needs::File(FileAction::Delete)),
    // A task.
    row("GET /tasks/{task_id}", Needs::Task),
];
