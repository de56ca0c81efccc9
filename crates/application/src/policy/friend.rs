//! Who may do what about being friends.

use plaza_domain::{Friendship, Relation};

use crate::{Actor, Error, Result};

/// What somebody wants to change about what they and another user are to each other. For asking see
/// [`UserAction::Befriend`](super::UserAction::Befriend).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FriendAction {
    /// Accept a request.
    Accept,
    /// Decline a request.
    Decline,
    /// Take one's request back.
    Cancel,
    /// End the friendship.
    Remove,
}

/// Decides about the friendship of the actor and another user, whatever the actor's role.
///
/// # Errors
/// `NotFound` when there is nothing, as far as the actor may know, that this could be done with.
pub fn authorize_friendship(actor: &Actor, action: FriendAction, friendship: &Friendship) -> Result<()> {
    match (action, friendship.seen_by(actor.id())) {
        (FriendAction::Accept | FriendAction::Decline, Relation::Incoming { .. })
        | (FriendAction::Cancel, Relation::Outgoing { .. })
        | (FriendAction::Remove, Relation::Friends { .. }) => Ok(()),
        (FriendAction::Remove, _) => Err(Error::NotFound("friend")),
        (FriendAction::Accept | FriendAction::Decline | FriendAction::Cancel, _) => {
            Err(Error::NotFound("friend request"))
        }
    }
}
