//! Who asks.

use plaza_domain::{Device, SessionId, SystemRole, Timestamp, UserId, UserSummary};

/// A user who is logged in, as every service call is made by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user.
    pub user: UserSummary,
    /// What they may do on the server.
    pub role: SystemRole,
    /// Whether they have to prove their address before they may take part.
    pub must_verify_email: bool,
    /// By which login.
    pub session_id: SessionId,
    /// Until when the access token that proved it is valid.
    pub expires_at: Timestamp,
    /// Whether the server requires a second factor of them that they have not set up: they may do nothing else before.
    pub must_set_up_second_factor: bool,
    /// What the request comes from; unknown where there is none.
    pub device: Device,
}

impl Actor {
    /// The user's id.
    pub fn id(&self) -> UserId {
        self.user.id
    }
}
