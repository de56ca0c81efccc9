//! What a login may ask for beside a password: codes that change with time (TOTP, RFC 6238).

use crate::{Timestamp, UserId};

/// The secret that a user's authenticator shares with the server.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret {
    /// Whose it is.
    pub user_id: UserId,
    /// The secret, sealed: of no use without the server's secret.
    pub sealed_secret: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a code proved that the authenticator has it; no login asks for codes before.
    pub confirmed_at: Option<Timestamp>,
    /// The step of the last code that was taken, in units of 30 seconds since 1970: no code of it or before it works.
    pub last_step: i64,
}

impl TotpSecret {
    /// Whether logins ask for its codes.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpSecret").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}
