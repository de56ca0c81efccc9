//! All operations and pages, and what is around them.

use std::sync::Arc;

use plaza_domain::IdGenerator;
use poem::{EndpointExt, IntoEndpoint, Response, Route, endpoint::BoxEndpoint, get};
use poem_openapi::{LicenseObject, OpenApi, OpenApiService, ServerObject};

use super::{
    accounts::AccountsApi, admin_accounts::AdminAccountsApi, admin_tasks::AdminTasksApi,
    admin_users::AdminUsersApi, audit::AuditApi, auth::AuthApi, avatars::AvatarsApi, blocks::BlocksApi,
    changes::ChangesApi, deletion::DeletionApi, direct_rooms::DirectRoomsApi, documented::Documented,
    edits::EditsApi, email_change::EmailChangeApi, export::ExportApi, file_texts::FileTextsApi,
    files::FilesApi, friend_requests::FriendRequestsApi, friends::FriendsApi, health::HealthApi,
    identities::IdentitiesApi, invitations::InvitationsApi, jobs::JobsApi, link_pages::with_link_pages,
    media::MediaApi, members::MembersApi, mentions::MentionsApi, messages::MessagesApi, mute::MuteApi, pages,
    password_reset::PasswordResetApi, pins::PinsApi, preferences::PreferencesApi, presence::PresenceApi,
    provider_logins::ProviderLoginsApi, queues::QueuesApi, reactions::ReactionsApi, receipts::ReceiptsApi,
    rooms::RoomsApi, second_factor::SecondFactorApi, sessions::SessionsApi, signed_urls::SignedUrlsApi,
    signing_keys::SigningKeysApi, storage::StorageApi, tasks::TasksApi, threads::ThreadsApi,
    username_history::UsernameHistoryApi, users::UsersApi, verification::VerificationApi,
    workers::WorkersApi,
};
use crate::{
    content::remember_head,
    middleware::{
        AllowedMethods, Secured, add_security_headers, answer_with_problems, limit_body, limit_requests,
        share_with_origins, tell_limits, trace_request,
    },
    problem::problem_page,
    state::AppState,
    ws::{self, WsState},
};

const PREFIX: &str = "/api/v1";
const DESCRIPTION: &str = "Plaza: rooms, messages and files for communities.\n\n\
    Errors are problem documents (RFC 9457); their `type` leads to a page that explains them. Lists are read with \
    `limit` and the opaque `cursor` that the answer before gave as `next_cursor`; messages by `before` and `after` a \
    `seq`. Times are RFC 3339 in UTC with microseconds. Live events come over the WebSocket at `/api/v1/ws`: \
    see its [frames](/docs/websocket), or its [AsyncAPI document](/docs/asyncapi.json).";

pub(super) fn service() -> OpenApiService<impl OpenApi + use<>, ()> {
    let apis = (
        (
            AuthApi,
            SecondFactorApi,
            VerificationApi,
            PasswordResetApi,
            SessionsApi,
            SigningKeysApi,
            ProviderLoginsApi,
            IdentitiesApi,
        ),
        (UsersApi, UsernameHistoryApi, AvatarsApi, DeletionApi, EmailChangeApi, ExportApi),
        PreferencesApi,
        (AccountsApi, AdminUsersApi, AdminAccountsApi, AuditApi),
        BlocksApi,
        RoomsApi,
        MuteApi,
        DirectRoomsApi,
        MembersApi,
        (MessagesApi, ReactionsApi, PinsApi, EditsApi, ReceiptsApi),
        (ThreadsApi, MentionsApi),
        ChangesApi,
        (PresenceApi, FriendsApi, FriendRequestsApi),
        (FilesApi, FileTextsApi, StorageApi, SignedUrlsApi, MediaApi),
        (TasksApi, AdminTasksApi, QueuesApi, JobsApi, WorkersApi, InvitationsApi),
        HealthApi,
    );
    OpenApiService::new(Documented(apis), "Plaza", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(LicenseObject::new("MIT OR Apache-2.0"))
        .server(ServerObject::new(PREFIX).description("This server"))
}

/// The OpenAPI document of all operations.
pub(crate) fn document() -> String {
    let mut document = service().spec();
    document.push('\n');
    document
}

/// Everything that the server answers.
pub(crate) fn app(
    state: AppState,
    ws: Arc<WsState>,
    ids: Arc<dyn IdGenerator>,
) -> BoxEndpoint<'static, Response> {
    let document = document();
    let allowed = Arc::new(AllowedMethods::of(&document, PREFIX));
    let secured = Arc::new(Secured::of(&document, PREFIX));
    // Not compressed: poem's middleware would also unpack what is sent to it, past the limit of bodies.
    let rest = Arc::new(service().into_endpoint());
    let routes = with_link_pages(Route::new())
        .nest("/docs", pages::documentation())
        .at("/problems/:kind", get(problem_page))
        .at("/api/v1/openapi.json", pages::openapi())
        .at("/api/v1/ws", ws::endpoint(Arc::clone(&ws)))
        .at("/api/v1/ws/:room_id", ws::endpoint(ws))
        .nest(PREFIX, Arc::clone(&rest))
        // What simple clients and those who watch over servers look for at the top.
        .at("/healthz", Arc::clone(&rest))
        .at("/readyz", Arc::clone(&rest))
        .at("/.well-known/jwks.json", Arc::clone(&rest))
        .nest_no_strip("/media", rest);
    routes
        .around(remember_head)
        .around(limit_body)
        .around(move |next, request| limit_requests(next, request, Arc::clone(&secured)))
        .around(move |next, request| answer_with_problems(next, request, Arc::clone(&allowed)))
        .around(tell_limits)
        .around(add_security_headers)
        .around(share_with_origins)
        .around(move |next, request| trace_request(next, request, ids.next()))
        .data(state)
        .boxed()
}
