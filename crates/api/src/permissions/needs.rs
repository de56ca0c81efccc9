//! What an operation asks the policy for, and what the policy answers.

use plaza_application::{
    AccountAction, Error, FileAction, FriendAction, MessageAction, Operator, Result, RoomAction, UserAction,
    authorize_account, authorize_file, authorize_friendship, authorize_message, authorize_operation,
    authorize_own, authorize_post, authorize_reading, authorize_room, authorize_room_creation,
    authorize_second_factor_reset, authorize_task, authorize_user,
};
use plaza_domain::SystemRole;

use super::{
    cast::{ACTOR, Cast, OTHER},
    resources::{Resource, Standing},
};

/// What an operation asks the policy for; its services call the same functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: also who is not logged in may.
    Nothing,
    /// A login: it is about who asks, or shows what they may see anyway.
    Login,
    /// [`authorize_operation`].
    Operation,
    /// [`authorize_room_creation`].
    RoomCreation,
    /// [`authorize_own`].
    Own,
    /// [`authorize_account`].
    Account(AccountAction),
    /// [`authorize_second_factor_reset`].
    SecondFactorReset,
    /// [`authorize_user`].
    User(UserAction),
    /// [`authorize_friendship`].
    Friendship(FriendAction),
    /// [`authorize_room`].
    Room(RoomAction),
    /// [`authorize_post`].
    Post,
    /// [`authorize_reading`].
    Reading,
    /// [`authorize_message`].
    Message(MessageAction),
    /// [`authorize_file`].
    File(FileAction),
    /// [`authorize_task`].
    Task,
}

/// What comes of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// They may.
    Allowed,
    /// They are not known.
    Unauthenticated,
    /// They may not, and know that it is there.
    Forbidden,
    /// They may not know that it is there.
    Hidden,
    /// Nobody may.
    Impossible,
}

impl Access {
    /// As cells say it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "yes",
            Self::Unauthenticated => "401",
            Self::Forbidden => "403",
            Self::Hidden => "404",
            Self::Impossible => "409",
        }
    }
}

impl From<Result<()>> for Access {
    fn from(decided: Result<()>) -> Self {
        match decided {
            Ok(()) => Self::Allowed,
            Err(Error::Forbidden(_)) => Self::Forbidden,
            Err(Error::NotFound(_)) => Self::Hidden,
            Err(_) => Self::Impossible,
        }
    }
}

impl Needs {
    /// What it is asked about: in each of these tables it has a row.
    pub(super) const fn resources(self) -> &'static [Resource] {
        match self {
            Self::Nothing | Self::Login | Self::Operation | Self::RoomCreation => &[Resource::Server],
            Self::Own => &[Resource::Own],
            Self::Account(_) | Self::SecondFactorReset | Self::User(_) => &[Resource::User],
            Self::Friendship(_) => &[Resource::Friendship],
            Self::Room(_) | Self::Post => {
                &[Resource::PublicRoom, Resource::PrivateRoom, Resource::DirectRoom]
            }
            Self::Reading | Self::Message(_) => &[Resource::Message, Resource::DirectMessage],
            Self::File(_) => &[Resource::File],
            Self::Task => &[Resource::Task],
        }
    }

    /// What who is not logged in is answered.
    pub(super) fn answer_to_nobody(self) -> Access {
        if self == Self::Nothing { Access::Allowed } else { Access::Unauthenticated }
    }

    /// What the policy answers somebody with that role on the server who stands so to that resource.
    pub(super) fn answer(self, resource: Resource, role: SystemRole, standing: Standing) -> Access {
        let cast = Cast { resource, standing };
        let actor = Cast::actor(role);
        let (room, membership) = (cast.room(), cast.membership());
        let decided = match self {
            Self::Nothing | Self::Login => Ok(()),
            Self::Operation => authorize_operation(Operator::User(&actor)),
            Self::RoomCreation => authorize_room_creation(&actor),
            Self::Own => authorize_own(ACTOR, cast.owner_id(), "thing"),
            Self::Account(action) => authorize_account(Operator::User(&actor), action, OTHER),
            Self::SecondFactorReset => authorize_second_factor_reset(Operator::User(&actor), OTHER),
            Self::User(action) => authorize_user(&actor, action, OTHER, cast.acquaintance()),
            Self::Friendship(action) => cast
                .friendship()
                .map_or(Ok(()), |friendship| authorize_friendship(&actor, action, &friendship)),
            Self::Room(action) => authorize_room(&actor, action, &room, membership.as_ref()),
            Self::Post => authorize_post(cast.is_in_room()),
            Self::Reading => authorize_reading(&actor, &room, membership.as_ref()),
            Self::Message(action) => {
                authorize_message(&actor, action, &cast.message(), &room, membership.as_ref())
            }
            Self::File(action) => {
                authorize_file(&actor, action, cast.owner_id(), standing == Standing::Viewer)
            }
            Self::Task => authorize_task(&actor, Some(cast.owner_id())),
        };
        decided.into()
    }
}
