//! What operations are about, and how those who ask may stand to it.

/// What an operation is about. Each has a table of its own in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// The server as a whole, or what belongs to who asks.
    Server,
    /// What one user has to themselves.
    Own,
    /// Another user.
    User,
    /// What two users are to each other.
    Friendship,
    /// A room that everybody may know of.
    PublicRoom,
    /// A room that only its members know of.
    PrivateRoom,
    /// A room of two.
    DirectRoom,
    /// A message in a public or a private room.
    Message,
    /// A message in a direct room.
    DirectMessage,
    /// An upload.
    File,
    /// A unit of background work.
    Task,
}

/// How who asks stands to what they ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Logged in, and no more is to be known.
    LoggedIn,
    /// Has nothing to do with it.
    Stranger,
    /// Was in the room and has left it.
    Former,
    /// Is in the room.
    Member,
    /// Is a member of the room and wrote the message.
    Author,
    /// Is an admin of the room.
    Admin,
    /// Owns it: the room, the upload, the task, the session.
    Owner,
    /// Sees the upload in a room.
    Viewer,
    /// Was asked by the user to be friends.
    Asked,
    /// Has asked the user to be friends.
    Asking,
    /// Shares a room with the user.
    Roommate,
    /// Is a friend of the user.
    Friend,
}

impl Standing {
    /// As columns are called.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedIn => "logged in",
            Self::Stranger => "stranger",
            Self::Former => "has left",
            Self::Member => "member",
            Self::Author => "author",
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::Viewer => "sees it in a room",
            Self::Asked => "was asked",
            Self::Asking => "has asked",
            Self::Roommate => "shares a room",
            Self::Friend => "friend",
        }
    }
}

impl Resource {
    /// All of them, in the order of the document.
    pub(super) const ALL: [Self; 11] = [
        Self::Server,
        Self::Own,
        Self::User,
        Self::Friendship,
        Self::PublicRoom,
        Self::PrivateRoom,
        Self::DirectRoom,
        Self::Message,
        Self::DirectMessage,
        Self::File,
        Self::Task,
    ];

    /// What its table is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Server => "The server and one's own account",
            Self::Own => "What belongs to one user",
            Self::User => "Another user",
            Self::Friendship => "A friendship",
            Self::PublicRoom => "A public room",
            Self::PrivateRoom => "A private room",
            Self::DirectRoom => "A direct room",
            Self::Message => "A message in a room",
            Self::DirectMessage => "A message in a direct room",
            Self::File => "An upload",
            Self::Task => "A task",
        }
    }

    /// What its table needs to be understood.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Server => "Lists show what who asks may see, and nothing else.",
            Self::Own => {
                "Logins and the like, and uploads that are to be posted or to be shown as one's picture."
            }
            Self::User => {
                "Guests see friends, those whom they share a room with, those whom they have asked or were asked by, and \
                 those whom they have blocked."
            }
            Self::Friendship => {
                "Who was asked and has declined stands as a stranger. Nobody else learns of it."
            }
            Self::PublicRoom => "To guests a public room is as a private one.",
            Self::PrivateRoom => "The server's admins see no private room that they are not in.",
            Self::DirectRoom => {
                "Once one of the two has blocked the other, nothing more can be written by either."
            }
            Self::Message => {
                "In public and in private rooms alike. The author is an ordinary member of the room."
            }
            Self::DirectMessage => "After a block each can still delete what they wrote, and nothing else.",
            Self::File => "Who may see it gets links to it too, and passes them on.",
            Self::Task => "",
        }
    }

    /// How who is logged in may stand to it, in the order of the columns.
    pub(super) const fn standings(self) -> &'static [Standing] {
        match self {
            Self::Server => &[Standing::LoggedIn],
            Self::Own | Self::Task => &[Standing::Stranger, Standing::Owner],
            Self::User => &[Standing::Stranger, Standing::Asked, Standing::Roommate, Standing::Friend],
            Self::Friendship => &[Standing::Stranger, Standing::Asked, Standing::Asking, Standing::Friend],
            Self::PublicRoom | Self::PrivateRoom => {
                &[Standing::Stranger, Standing::Former, Standing::Member, Standing::Admin, Standing::Owner]
            }
            Self::DirectRoom => &[Standing::Stranger, Standing::Member],
            Self::Message => &[
                Standing::Stranger,
                Standing::Former,
                Standing::Member,
                Standing::Author,
                Standing::Admin,
                Standing::Owner,
            ],
            Self::DirectMessage => &[Standing::Stranger, Standing::Member, Standing::Author],
            Self::File => &[Standing::Stranger, Standing::Viewer, Standing::Owner],
        }
    }
}
