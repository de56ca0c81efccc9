//! Who may do what: the one place where that is decided, by actor, action and resource. One file a resource.
//!
//! Services find out what a decision depends on, and ask. The API's table of permissions asks the same functions, about
//! every operation and frame and everybody there may be, and writes `docs/permissions.md`.

mod account;
mod direct;
mod file;
mod friend;
mod message;
mod own;
mod participation;
mod room;
mod server;
mod session;
mod task;
mod user;

pub use account::{AccountAction, authorize_account};
pub use direct::authorize_direct_write;
pub use file::{FileAction, authorize_file};
pub use friend::{FriendAction, authorize_friendship};
pub use message::{
    MAX_CALLED_MEMBERS, MessageAction, authorize_message, authorize_reading, may_mention_room,
};
pub use own::authorize_own;
pub use participation::authorize_participation;
pub use room::{RoomAction, authorize_post, authorize_room, authorize_room_creation, shown_rooms};
pub use server::authorize_operation;
pub use session::{authorize_second_factor_reset, authorize_session, requires_second_factor};
pub use task::authorize_task;
pub(crate) use user::sees_everybody;
pub use user::{Acquaintance, UserAction, authorize_user};
