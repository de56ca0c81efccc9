//! What an operator can set about the services. Defaults are the product's.

use std::time::Duration;

use plaza_domain::SystemRole;
use serde::Deserialize;

use crate::ports::Quota;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Logins.
    pub auth: AuthSettings,
    /// Uploads.
    pub uploads: UploadSettings,
    /// How often things may be done.
    pub limits: LimitSettings,
    /// How messages are stored and replayed.
    pub messages: MessageSettings,
    /// Logins by what others know.
    pub oidc: OidcSettings,
    /// Who is there.
    pub presence: PresenceSettings,
    /// Mail.
    pub mail: MailSettings,
}

/// Logins.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// How long an access token works.
    pub access_ttl: Duration,
    /// How long a refresh token works.
    pub refresh_ttl: Duration,
    /// How long a session lasts, however often it is refreshed: no token of it works longer.
    pub session_lifetime: Duration,
    /// How long a new signing key is known before it signs.
    pub key_announcement: Duration,
    /// Whether users have to prove their address before they take part.
    pub require_verified_email: bool,
    /// Who has to set up a second factor.
    pub require_second_factor: SecondFactorRule,
    /// What who registers may do on the server.
    pub default_role: SystemRole,
    /// Who may make an account.
    pub registration: RegistrationMode,
}

/// Who may make an account with a password for themselves. The first one of a fresh server anybody can. Whether those may
/// whom a login provider knows is said for each provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Anybody.
    Open,
    /// Those who have an invitation.
    Invited,
    /// Nobody: operators make accounts.
    Closed,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            access_ttl: Duration::from_secs(15 * 60),
            refresh_ttl: Duration::from_secs(7 * 24 * 60 * 60),
            session_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            key_announcement: Duration::from_secs(5 * 60),
            require_verified_email: false,
            require_second_factor: SecondFactorRule::Nobody,
            default_role: SystemRole::Member,
            registration: RegistrationMode::Open,
        }
    }
}

/// Who has to set up a second factor, before they may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorRule {
    /// Nobody: it is everybody's own choice.
    Nobody,
    /// The server's admins.
    Admins,
    /// Everybody.
    Everybody,
}

/// Logins by what OpenID providers know.
#[derive(Clone, Debug, Default)]
pub struct OidcSettings {
    /// Where users find the server.
    pub public_url: String,
    /// Where browsers may be sent after a login, besides addresses of this server; letter by letter.
    pub allowed_return_urls: Vec<String>,
}

/// Uploads.
#[derive(Clone, Debug)]
pub struct UploadSettings {
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// How many bytes a user's files may take up together; `None` for any number.
    pub max_user_bytes: Option<u64>,
    /// How many uploads of a user may be under way at a time; `None` for any number.
    pub max_parallel: Option<u64>,
    /// How long a content is kept that nothing refers to any more.
    pub grace: Duration,
    /// How old an object is at least that is removed because no content names it.
    pub orphan_age: Duration,
    /// How long a file is kept that nothing shows; `None` for ever.
    pub unused_after: Option<Duration>,
}

impl Default for UploadSettings {
    fn default() -> Self {
        Self {
            max_bytes: 25 * 1024 * 1024,
            max_user_bytes: Some(10 * 1024 * 1024 * 1024),
            max_parallel: Some(4),
            grace: DAY,
            orphan_age: DAY,
            unused_after: Some(30 * DAY),
        }
    }
}

/// How often things may be done.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Off for benchmarks.
    pub enabled: bool,
    /// Logins an address.
    pub login_per_address: Quota,
    /// Logins an account.
    pub login_per_account: Quota,
    /// Codes of second factors an account, right ones and wrong ones, in a day.
    pub second_factor_per_account: Quota,
    /// Steps of logins by login providers, an address.
    pub provider_login_per_address: Quota,
    /// Registrations an address.
    pub register_per_address: Quota,
    /// Requests for a new password, an address.
    pub reset_per_address: Quota,
    /// Requests for a new password, an account and address.
    pub reset_per_account: Quota,
    /// Uses of links in mails, an address.
    pub links_per_address: Quota,
    /// Mails that a user may have sent.
    pub mails_per_user: Quota,
    /// Mails that a user may have sent, in a day.
    pub daily_mails_per_user: Quota,
    /// Mails of a kind that anybody may have sent to an e-mail address, in a day.
    pub daily_mails_per_recipient: Quota,
    /// Uploads a user.
    pub upload_per_user: Quota,
    /// Uploads a user, in a day.
    pub daily_uploads_per_user: Quota,
    /// Messages a user in rooms.
    pub room_messages_per_user: Quota,
    /// Messages a user to other users.
    pub direct_messages_per_user: Quota,
    /// Reactions a user, given and taken back.
    pub reactions_per_user: Quota,
    /// Requests to be friends, a user.
    pub friend_requests_per_user: Quota,
    /// Requests a user, to one instance.
    pub requests_per_user: Quota,
    /// Requests without a login an address, to one instance.
    pub requests_per_address: Quota,
    /// Frames a connection, of whatever type.
    pub frames_per_connection: Quota,
    /// Rooms that a connection begins to follow.
    pub subscriptions_per_connection: Quota,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            login_per_address: Quota::per_minute(20).guarded(),
            login_per_account: Quota::per_minute(10).guarded(),
            // Three of a million codes are right at a time: whoever tries them all year long has a chance of 1 in 30.
            second_factor_per_account: Quota::per_day(30).guarded(),
            provider_login_per_address: Quota::per_minute(60).guarded(),
            register_per_address: Quota::per_minute(10),
            reset_per_address: Quota::per_minute(10).guarded(),
            reset_per_account: Quota::per_minute(3).guarded(),
            links_per_address: Quota::per_minute(30).guarded(),
            mails_per_user: Quota::per_minute(5),
            daily_mails_per_user: Quota::per_day(30),
            // Whoever is flooded still gets a link every two hours, which is theirs to use.
            daily_mails_per_recipient: Quota::per_day(12),
            upload_per_user: Quota::per_minute(30),
            daily_uploads_per_user: Quota::per_day(1_000),
            room_messages_per_user: Quota::per_minute(30),
            direct_messages_per_user: Quota::per_minute(20),
            reactions_per_user: Quota::per_minute(60),
            friend_requests_per_user: Quota::per_minute(20),
            requests_per_user: Quota::per_minute(1_200),
            requests_per_address: Quota::per_minute(1_200),
            frames_per_connection: Quota::per_minute(1_200),
            subscriptions_per_connection: Quota::per_minute(2_000),
        }
    }
}

/// How messages are stored and replayed.
#[derive(Clone, Debug)]
pub struct MessageSettings {
    /// How many transactions store messages at a time, and how many move cursors: 1 where the database has one writer.
    pub lanes: usize,
    /// The largest gap, in changes, that is replayed; a larger one is answered with a reset.
    pub max_replay: i64,
}

impl Default for MessageSettings {
    fn default() -> Self {
        Self { lanes: 1, max_replay: 10_000 }
    }
}

/// Who is there.
#[derive(Clone, Debug)]
pub struct PresenceSettings {
    /// How often an instance repeats what it has: the store forgets what is not repeated.
    pub refresh_every: Duration,
}

impl Default for PresenceSettings {
    fn default() -> Self {
        Self { refresh_every: Duration::from_secs(20) }
    }
}

/// Mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where users find the server: links lead there. Without a slash at its end.
    pub public_url: String,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { public_url: "http://127.0.0.1:8000".to_owned() }
    }
}
