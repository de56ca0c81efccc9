//! Why the server closes a connection; the code tells the client whether to come back.

use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

/// A reason to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The server is going away: come back and resume.
    GoingAway,
    /// A frame is larger than the limit.
    TooLarge,
    /// Bytes that are no WebSocket frames (RFC 6455).
    BadWebSocket,
    /// Too many frames that are no frames of ours.
    Protocol,
    /// Not authenticated, or no more.
    Unauthenticated,
    /// Not a member, banned, or refused by origin.
    Forbidden,
    /// No such room.
    NoSuchRoom,
    /// No sign of life.
    NoHeartbeat,
    /// Too many connections of this user.
    TooManyConnections,
    /// The server requires a second factor of the user, who has to set it up first.
    SecondFactorMissing,
    /// Far more often than is allowed.
    FarOverLimit,
    /// The server cannot go on with this connection.
    ServerError,
    /// The client reads too slowly.
    TooSlow,
}

impl Close {
    /// Every reason there is, for the documentation.
    pub(super) const ALL: [Self; 13] = [
        Self::GoingAway,
        Self::TooLarge,
        Self::BadWebSocket,
        Self::Protocol,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NoSuchRoom,
        Self::NoHeartbeat,
        Self::TooManyConnections,
        Self::SecondFactorMissing,
        Self::FarOverLimit,
        Self::ServerError,
        Self::TooSlow,
    ];

    const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "the server is going away"),
            Self::BadWebSocket => (1002, "the bytes are no WebSocket frames"),
            Self::TooLarge => (1009, "the frame is too large"),
            Self::Protocol => (4400, "too many frames that are not JSON objects"),
            Self::Unauthenticated => (4401, "not authenticated"),
            Self::Forbidden => (4403, "not allowed"),
            Self::NoSuchRoom => (4404, "no such room"),
            Self::NoHeartbeat => (4408, "no heartbeat"),
            Self::TooManyConnections => (4409, "too many connections"),
            Self::SecondFactorMissing => (4412, "a second factor must be set up first"),
            Self::FarOverLimit => (4429, "far over the rate limit"),
            Self::ServerError => (4500, "server error"),
            Self::TooSlow => (4508, "too slow"),
        }
    }

    /// What the client is told, for programs.
    pub(super) const fn code(self) -> u16 {
        self.parts().0
    }

    /// What the client is told, for people.
    pub(super) const fn reason(self) -> &'static str {
        self.parts().1
    }

    /// Whether the client may come back, and when.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::GoingAway | Self::NoHeartbeat | Self::TooSlow => "yes, and resume",
            Self::TooLarge => "yes",
            Self::BadWebSocket | Self::Protocol => "yes, once the client is repaired",
            Self::Unauthenticated => "with a new token",
            Self::Forbidden | Self::NoSuchRoom | Self::TooManyConnections => "no",
            Self::SecondFactorMissing => "once a second factor is set up",
            Self::FarOverLimit => "yes, after a minute",
            Self::ServerError => "yes, waiting longer each time",
        }
    }

    /// The frame that says so.
    pub(super) fn frame(self) -> CloseFrame {
        let (code, reason) = self.parts();
        CloseFrame { code: CloseCode::from(code), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_listed_in_the_order_of_its_declaration() {
        let places = Close::ALL.map(|reason| reason as usize);
        assert!(places.into_iter().eq(0..Close::ALL.len()), "{places:?}");
    }
}
