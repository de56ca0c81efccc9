//! How often: which quota applies to what, and under which key.

use std::sync::Arc;

use plaza_domain::{MessageId, RoomId, RoomKind, Store, UserId};

use crate::{
    LimitSettings, Ports, Result,
    ports::{Quota, RateDecision, RateLimiter},
    rooms::RoomKinds,
};

/// Something that is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited<'a> {
    /// Logging in, from one address.
    LoginFrom(&'a str),
    /// Logging in, to one account, by its [key](crate::AuthService::account_key).
    LoginTo(&'a str),
    /// Registering, from one address.
    RegisterFrom(&'a str),
    /// Uploading, by one user.
    UploadBy(UserId),
    /// Uploading, by one user in a day.
    DailyUploadBy(UserId),
    /// Posting and editing in rooms, by one user.
    RoomMessageBy(UserId),
    /// Posting and editing in direct rooms, by one user.
    DirectMessageBy(UserId),
    /// Reacting to messages and taking it back, by one user.
    ReactionBy(UserId),
    /// Asking others to be friends, by one user.
    FriendRequestBy(UserId),
}

impl Limited<'_> {
    /// What its quota is called in the `RateLimit-Policy` header.
    pub const fn policy(&self) -> &'static str {
        match self {
            Self::LoginFrom(_) => "login-address",
            Self::LoginTo(_) => "login-account",
            Self::RegisterFrom(_) => "register",
            Self::UploadBy(_) => "uploads",
            Self::DailyUploadBy(_) => "daily-uploads",
            Self::RoomMessageBy(_) => "room-messages",
            Self::DirectMessageBy(_) => "direct-messages",
            Self::ReactionBy(_) => "reactions",
            Self::FriendRequestBy(_) => "friend-requests",
        }
    }
}

/// Decides how often.
pub struct LimitService {
    limiter: Arc<dyn RateLimiter>,
    store: Arc<dyn Store>,
    kinds: RoomKinds,
    settings: LimitSettings,
}

impl LimitService {
    pub(crate) fn new(ports: &Ports, settings: LimitSettings) -> Self {
        let store = Arc::clone(&ports.store);
        let kinds = RoomKinds::new(Arc::clone(&store));
        Self { limiter: Arc::clone(&ports.limiter), store, kinds, settings }
    }

    /// What a message of that user counts as in that room. One that nobody knows counts like any other.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn message_in(&self, user_id: UserId, room_id: RoomId) -> Result<Limited<'static>> {
        let is_direct = self.settings.enabled && self.kinds.find(room_id).await? == Some(RoomKind::Direct);
        Ok(if is_direct { Limited::DirectMessageBy(user_id) } else { Limited::RoomMessageBy(user_id) })
    }

    /// What an edit of that message by that user counts as.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn edit_of(&self, user_id: UserId, message_id: MessageId) -> Result<Limited<'static>> {
        if !self.settings.enabled {
            return Ok(Limited::RoomMessageBy(user_id));
        }
        let rooms = self.store.read().await?.messages().rooms_of(&[message_id]).await?;
        match rooms.first() {
            Some((_, room_id)) => self.message_in(user_id, *room_id).await,
            None => Ok(Limited::RoomMessageBy(user_id)),
        }
    }

    /// Takes one; `None` when limits are off.
    pub async fn take(&self, what: Limited<'_>) -> Option<(Quota, RateDecision)> {
        if !self.settings.enabled {
            return None;
        }
        let (key, quota) = match what {
            Limited::LoginFrom(address) => {
                (format!("login:address:{address}"), self.settings.login_per_address)
            }
            Limited::LoginTo(account) => {
                (format!("login:account:{account}"), self.settings.login_per_account)
            }
            Limited::RegisterFrom(address) => {
                (format!("register:address:{address}"), self.settings.register_per_address)
            }
            Limited::UploadBy(user) => (format!("upload:user:{user}"), self.settings.upload_per_user),
            Limited::DailyUploadBy(user) => {
                (format!("upload:day:{user}"), self.settings.daily_uploads_per_user)
            }
            Limited::RoomMessageBy(user) => {
                (format!("message:room:{user}"), self.settings.room_messages_per_user)
            }
            Limited::DirectMessageBy(user) => {
                (format!("message:direct:{user}"), self.settings.direct_messages_per_user)
            }
            Limited::ReactionBy(user) => (format!("reaction:user:{user}"), self.settings.reactions_per_user),
            Limited::FriendRequestBy(user) => {
                (format!("friend-request:user:{user}"), self.settings.friend_requests_per_user)
            }
        };
        Some((quota, self.limiter.take(&key, quota).await))
    }

    /// What is set.
    pub fn settings(&self) -> &LimitSettings {
        &self.settings
    }
}
