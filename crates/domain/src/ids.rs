//! Identifiers: one type each, so that a room's id is never taken for a user's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID; new ones come from an [`IdGenerator`](crate::IdGenerator).
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// An account.
    UserId
);
id!(
    /// One login of one user.
    SessionId
);
id!(
    /// An account at an OpenID provider by which a user logs in.
    IdentityId
);
id!(
    /// One link of a session's chain of refresh tokens.
    RefreshTokenId
);
id!(
    /// A code that lets people register.
    InvitationId
);
id!(
    /// A room, channel or direct conversation.
    RoomId
);
id!(
    /// A message.
    MessageId
);
id!(
    /// A file.
    FileId
);
id!(
    /// An upload that is under way.
    UploadId
);
id!(
    /// One change of a handle.
    UsernameChangeId
);
id!(
    /// A unit of background work.
    TaskId
);
id!(
    /// One running worker process; new at each start.
    WorkerId
);
