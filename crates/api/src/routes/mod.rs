//! REST, one resource a file: what it shows, what it takes, and what it answers.

mod members;
mod messages;
mod rooms;
mod users;

pub use members::{MemberView, RoomRole};
pub use messages::{MessageType, MessageView};
pub use rooms::{RoomType, RoomView};
pub use users::UserSummaryView;
