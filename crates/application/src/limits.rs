//! How often: which quota applies to what, and under which key.

use std::sync::Arc;

use plaza_domain::UserId;

use crate::{
    LimitSettings, Ports,
    ports::{Quota, RateDecision, RateLimiter},
};

/// Something that is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited<'a> {
    /// Logging in, from one address.
    LoginFrom(&'a str),
    /// Logging in, to one account, by its [key](crate::AuthService::account_key).
    LoginTo(&'a str),
    /// Registering, from one address.
    RegisterFrom(&'a str),
    /// Uploading, by one user.
    UploadBy(UserId),
    /// Posting in rooms, by one user.
    RoomMessageBy(UserId),
}

/// Decides how often.
pub struct LimitService {
    limiter: Arc<dyn RateLimiter>,
    settings: LimitSettings,
}

impl LimitService {
    pub(crate) fn new(ports: &Ports, settings: LimitSettings) -> Self {
        Self { limiter: Arc::clone(&ports.limiter), settings }
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
            Limited::RoomMessageBy(user) => {
                (format!("message:room:{user}"), self.settings.room_messages_per_user)
            }
        };
        Some((quota, self.limiter.take(&key, quota).await))
    }

    /// What is set.
    pub fn settings(&self) -> &LimitSettings {
        &self.settings
    }
}
