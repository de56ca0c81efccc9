//! How often: which quota applies to what, and under which key.

use std::{sync::Arc, time::Duration};

use plaza_domain::{MessageId, RoomId, RoomKind, Store, UserId};

use crate::{
    Error, LimitSettings, Ports, Result,
    counted::{Taken, note},
    in_process::LocalRateLimiter,
    ports::{GuessLimiter, Quota, RateDecision, RateLimiter},
    rooms::RoomKinds,
};

/// Something that is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited<'a> {
    /// Logging in, from one address.
    LoginFrom(&'a str),
    /// Guessing the password of one account, from wherever: by its id, or by the name that was typed.
    LoginTo(&'a str),
    /// Showing codes of a second factor, right ones or wrong ones, of one user.
    SecondFactorOf(UserId),
    /// A step of logging in by a login provider, from one address.
    ProviderLoginFrom(&'a str),
    /// Registering, from one address.
    RegisterFrom(&'a str),
    /// Asking for a new password, from one address.
    ResetFrom(&'a str),
    /// Asking for a new password, for the account with an e-mail address, whether there is one or not, from one address:
    /// nobody uses up what its owner has.
    ResetOf {
        /// The account's.
        email: &'a str,
        /// From where somebody asks.
        from: &'a str,
    },
    /// Being sent links to a new password, at an e-mail address in a day, whoever asks.
    ResetMailTo(&'a str),
    /// Using links in mails, from one address.
    LinkFrom(&'a str),
    /// Having mails sent, by one user.
    MailBy(UserId),
    /// Having mails sent, by one user in a day.
    DailyMailBy(UserId),
    /// Being asked whether accounts may move there, at an e-mail address in a day, whoever asks.
    MoveMailTo(&'a str),
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
    /// Anything at all, by one user; each instance counts for itself.
    RequestBy(UserId),
    /// Anything at all without a login, from one address; each instance counts for itself.
    RequestFrom(&'a str),
}

impl Limited<'_> {
    /// What its quota is called in the `RateLimit-Policy` header.
    pub const fn policy(&self) -> &'static str {
        match self {
            Self::LoginFrom(_) => "login-address",
            Self::LoginTo(_) => "login-account",
            Self::SecondFactorOf(_) => "second-factor",
            Self::ProviderLoginFrom(_) => "provider-login",
            Self::RegisterFrom(_) => "register",
            Self::ResetFrom(_) => "reset-address",
            Self::ResetOf { .. } => "reset-account",
            Self::ResetMailTo(_) => "reset-mails",
            Self::LinkFrom(_) => "links",
            Self::MailBy(_) => "mails",
            Self::DailyMailBy(_) => "daily-mails",
            Self::MoveMailTo(_) => "move-mails",
            Self::UploadBy(_) => "uploads",
            Self::DailyUploadBy(_) => "daily-uploads",
            Self::RoomMessageBy(_) => "room-messages",
            Self::DirectMessageBy(_) => "direct-messages",
            Self::ReactionBy(_) => "reactions",
            Self::FriendRequestBy(_) => "friend-requests",
            Self::RequestBy(_) => "requests",
            Self::RequestFrom(_) => "requests-address",
        }
    }
}

/// Decides how often.
pub struct LimitService {
    limiter: Arc<dyn RateLimiter>,
    /// For what is so frequent that asking what instances share would cost more than it protects.
    own: LocalRateLimiter,
    guesses: Arc<dyn GuessLimiter>,
    store: Arc<dyn Store>,
    kinds: RoomKinds,
    settings: LimitSettings,
}

impl LimitService {
    pub(crate) fn new(ports: &Ports, settings: LimitSettings) -> Self {
        let store = Arc::clone(&ports.store);
        let kinds = RoomKinds::new(Arc::clone(&store));
        Self {
            limiter: Arc::clone(&ports.limiter),
            own: LocalRateLimiter::new(Arc::clone(&ports.clock)),
            guesses: Arc::clone(&ports.guesses),
            store,
            kinds,
            settings,
        }
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

    /// Takes one, or refuses it.
    ///
    /// # Errors
    /// `RateLimited`.
    pub async fn admit(&self, what: Limited<'_>) -> Result<()> {
        match self.take(what).await {
            Some((_, RateDecision { allowed: false, retry_after, .. })) => {
                Err(Error::RateLimited { retry_after })
            }
            _ => Ok(()),
        }
    }

    /// Takes one, and [notes](crate::counted) it; `None` when limits are off.
    pub async fn take(&self, what: Limited<'_>) -> Option<(Quota, RateDecision)> {
        let (quota, decision) = self.decide(what).await?;
        note(Taken { policy: what.policy(), quota, decision });
        Some((quota, decision))
    }

    async fn decide(&self, what: Limited<'_>) -> Option<(Quota, RateDecision)> {
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
            Limited::SecondFactorOf(user) => {
                (format!("second-factor:user:{user}"), self.settings.second_factor_per_account)
            }
            Limited::ProviderLoginFrom(address) => {
                (format!("provider-login:address:{address}"), self.settings.provider_login_per_address)
            }
            Limited::RegisterFrom(address) => {
                (format!("register:address:{address}"), self.settings.register_per_address)
            }
            Limited::ResetFrom(address) => {
                (format!("reset:address:{address}"), self.settings.reset_per_address)
            }
            Limited::ResetOf { email, from } => {
                (format!("reset:account:{email}:{from}"), self.settings.reset_per_account)
            }
            Limited::ResetMailTo(email) => {
                (format!("mail:reset:{email}"), self.settings.daily_mails_per_recipient)
            }
            Limited::LinkFrom(address) => {
                (format!("link:address:{address}"), self.settings.links_per_address)
            }
            Limited::MailBy(user) => (format!("mail:user:{user}"), self.settings.mails_per_user),
            Limited::DailyMailBy(user) => (format!("mail:day:{user}"), self.settings.daily_mails_per_user),
            Limited::MoveMailTo(email) => {
                (format!("mail:move:{email}"), self.settings.daily_mails_per_recipient)
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
            Limited::RequestBy(user) => {
                let quota = self.settings.requests_per_user;
                return Some((quota, self.own.take_now(&format!("request:user:{user}"), quota)));
            }
            Limited::RequestFrom(address) => {
                let quota = self.settings.requests_per_address;
                return Some((quota, self.own.take_now(&format!("request:address:{address}"), quota)));
            }
        };
        Some((quota, self.limiter.take(&key, quota).await))
    }

    /// Asks whether somebody at that address may guess an account's password: after some wrong ones they wait, longer each
    /// time, and others who know the password don't. Nobody is kept out for good.
    ///
    /// # Errors
    /// `RateLimited`.
    pub(crate) async fn guess(&self, account: &str, address: &str) -> Result<()> {
        if !self.settings.enabled {
            return Ok(());
        }
        match self.guesses.guess(&guess_key(account, address)).await {
            Duration::ZERO => Ok(()),
            retry_after => Err(Error::RateLimited { retry_after }),
        }
    }

    /// Forgets the wrong guesses before this one, which was right.
    pub(crate) async fn guessed_right(&self, account: &str, address: &str) {
        if self.settings.enabled {
            self.guesses.guessed_right(&guess_key(account, address)).await;
        }
    }

    /// What is set.
    pub fn settings(&self) -> &LimitSettings {
        &self.settings
    }
}

fn guess_key(account: &str, address: &str) -> String {
    format!("password:{account}:{address}")
}
