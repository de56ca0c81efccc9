//! Who may do what: the one place where that is decided, by actor, action and resource. One file a resource.

mod account;
mod direct;
mod file;
mod friend;
mod message;
mod room;
mod server;
mod task;

pub use account::{AccountAction, authorize_account};
pub use direct::{Acquaintance, authorize_direct_room, authorize_direct_write};
pub use file::{FileAction, authorize_file};
pub use friend::authorize_friend_request;
pub use message::{MAX_CALLED_MEMBERS, MessageAction, authorize_message, may_mention_room};
pub use room::{RoomAction, authorize_room};
pub use server::authorize_operation;
pub use task::authorize_task;
