//! `[limits]`: how often things may be done.

use plaza_application::{LimitSettings, MessageSettings};
use serde::Deserialize;

use super::Problem;

/// How often things may be done: in a minute, where nothing else is said.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Off for benchmarks.
    pub enabled: bool,
    /// Logins an address.
    pub login_per_address: u32,
    /// Logins an account.
    pub login_per_account: u32,
    /// Codes of second factors an account, right ones and wrong ones, a day.
    pub second_factor_per_account: u32,
    /// Steps of logins by login providers, an address: a login takes three.
    pub provider_login_per_address: u32,
    /// Registrations an address.
    pub register_per_address: u32,
    /// Requests for a new password, an address.
    pub reset_per_address: u32,
    /// Requests for a new password, an account and address.
    pub reset_per_account: u32,
    /// Uses of links in mails, an address.
    pub links_per_address: u32,
    /// Mails that a user may have sent.
    pub mails_per_user: u32,
    /// Mails that a user may have sent, a day.
    pub daily_mails_per_user: u32,
    /// Mails of a kind that anybody may have sent to an e-mail address, a day.
    pub daily_mails_per_recipient: u32,
    /// Uploads a user.
    pub upload_per_user: u32,
    /// Messages a user in rooms.
    pub room_messages_per_user: u32,
    /// Messages a user to other users.
    pub direct_messages_per_user: u32,
    /// Reactions a user, given and taken back.
    pub reactions_per_user: u32,
    /// Requests to be friends, a user.
    pub friend_requests_per_user: u32,
    /// Requests a user, to one instance.
    pub requests_per_user: u32,
    /// Requests without a login an address, to one instance.
    pub requests_per_address: u32,
    /// Frames a connection, of whatever type.
    pub frames_per_connection: u32,
    /// Rooms that a connection begins to follow.
    pub subscriptions_per_connection: u32,
    /// The largest gap, in changes, that a client gets replayed.
    pub max_replay: i64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let settings = LimitSettings::default();
        Self {
            enabled: settings.enabled,
            login_per_address: settings.login_per_address.burst,
            login_per_account: settings.login_per_account.burst,
            second_factor_per_account: settings.second_factor_per_account.burst,
            provider_login_per_address: settings.provider_login_per_address.burst,
            register_per_address: settings.register_per_address.burst,
            reset_per_address: settings.reset_per_address.burst,
            reset_per_account: settings.reset_per_account.burst,
            links_per_address: settings.links_per_address.burst,
            mails_per_user: settings.mails_per_user.burst,
            daily_mails_per_user: settings.daily_mails_per_user.burst,
            daily_mails_per_recipient: settings.daily_mails_per_recipient.burst,
            upload_per_user: settings.upload_per_user.burst,
            room_messages_per_user: settings.room_messages_per_user.burst,
            direct_messages_per_user: settings.direct_messages_per_user.burst,
            reactions_per_user: settings.reactions_per_user.burst,
            friend_requests_per_user: settings.friend_requests_per_user.burst,
            requests_per_user: settings.requests_per_user.burst,
            requests_per_address: settings.requests_per_address.burst,
            frames_per_connection: settings.frames_per_connection.burst,
            subscriptions_per_connection: settings.subscriptions_per_connection.burst,
            max_replay: MessageSettings::default().max_replay,
        }
    }
}

impl LimitsConfig {
    /// The part that the services need.
    pub(crate) fn settings(&self) -> LimitSettings {
        let defaults = LimitSettings::default();
        LimitSettings {
            enabled: self.enabled,
            login_per_address: defaults.login_per_address.with_burst(self.login_per_address),
            login_per_account: defaults.login_per_account.with_burst(self.login_per_account),
            second_factor_per_account: defaults
                .second_factor_per_account
                .with_burst(self.second_factor_per_account),
            provider_login_per_address: defaults
                .provider_login_per_address
                .with_burst(self.provider_login_per_address),
            register_per_address: defaults.register_per_address.with_burst(self.register_per_address),
            reset_per_address: defaults.reset_per_address.with_burst(self.reset_per_address),
            reset_per_account: defaults.reset_per_account.with_burst(self.reset_per_account),
            links_per_address: defaults.links_per_address.with_burst(self.links_per_address),
            mails_per_user: defaults.mails_per_user.with_burst(self.mails_per_user),
            daily_mails_per_user: defaults.daily_mails_per_user.with_burst(self.daily_mails_per_user),
            daily_mails_per_recipient: defaults
                .daily_mails_per_recipient
                .with_burst(self.daily_mails_per_recipient),
            upload_per_user: defaults.upload_per_user.with_burst(self.upload_per_user),
            // Set beside the other limits of uploads.
            daily_uploads_per_user: defaults.daily_uploads_per_user,
            room_messages_per_user: defaults.room_messages_per_user.with_burst(self.room_messages_per_user),
            direct_messages_per_user: defaults
                .direct_messages_per_user
                .with_burst(self.direct_messages_per_user),
            reactions_per_user: defaults.reactions_per_user.with_burst(self.reactions_per_user),
            friend_requests_per_user: defaults
                .friend_requests_per_user
                .with_burst(self.friend_requests_per_user),
            requests_per_user: defaults.requests_per_user.with_burst(self.requests_per_user),
            requests_per_address: defaults.requests_per_address.with_burst(self.requests_per_address),
            frames_per_connection: defaults.frames_per_connection.with_burst(self.frames_per_connection),
            subscriptions_per_connection: defaults
                .subscriptions_per_connection
                .with_burst(self.subscriptions_per_connection),
        }
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        for (key, value) in [
            ("limits.login_per_address", self.login_per_address),
            ("limits.login_per_account", self.login_per_account),
            ("limits.provider_login_per_address", self.provider_login_per_address),
            ("limits.register_per_address", self.register_per_address),
            ("limits.reset_per_address", self.reset_per_address),
            ("limits.reset_per_account", self.reset_per_account),
            ("limits.links_per_address", self.links_per_address),
            ("limits.mails_per_user", self.mails_per_user),
            ("limits.upload_per_user", self.upload_per_user),
            ("limits.room_messages_per_user", self.room_messages_per_user),
            ("limits.direct_messages_per_user", self.direct_messages_per_user),
            ("limits.reactions_per_user", self.reactions_per_user),
            ("limits.friend_requests_per_user", self.friend_requests_per_user),
            ("limits.requests_per_user", self.requests_per_user),
            ("limits.requests_per_address", self.requests_per_address),
            ("limits.frames_per_connection", self.frames_per_connection),
            ("limits.subscriptions_per_connection", self.subscriptions_per_connection),
        ] {
            if !(1..=1_000_000).contains(&value) {
                problems.push(Problem::new(key, "must be 1 to 1000000 a minute"));
            }
        }
        for (key, value) in [
            ("limits.second_factor_per_account", self.second_factor_per_account),
            ("limits.daily_mails_per_user", self.daily_mails_per_user),
            ("limits.daily_mails_per_recipient", self.daily_mails_per_recipient),
        ] {
            if !(1..=1_000_000).contains(&value) {
                problems.push(Problem::new(key, "must be 1 to 1000000 a day"));
            }
        }
        if !(1..=1_000_000).contains(&self.max_replay) {
            problems.push(Problem::new("limits.max_replay", "must be 1 to 1000000"));
        }
    }
}
