//! Who may see whom, and turn to them.

use plaza_domain::{SystemRole, UserId};

use crate::{Actor, Error, Result};

/// What somebody wants of another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// See their profile, picture and presence, add them to a room, block them.
    See,
    /// Open a direct room with them.
    Write,
    /// Ask them to be friends. Who was asked may always answer.
    Befriend,
}

/// How the actor knows somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acquaintance {
    /// Whether there is a room that both are in.
    pub shares_room: bool,
    /// Whether they are friends.
    pub are_friends: bool,
    /// Whether the actor knows of a request to be friends, or has blocked the other one.
    pub is_in_touch: bool,
}

impl Acquaintance {
    const fn is_any(self) -> bool {
        self.shares_room || self.are_friends || self.is_in_touch
    }
}

/// Whether the actor may see every user, so that how they know one another need not be found out.
pub(crate) fn sees_everybody(actor: &Actor) -> bool {
    actor.role != SystemRole::Guest
}

/// Decides about another user, or the actor themselves. Members see everybody; guests see those they know.
///
/// # Errors
/// `NotFound` when the actor may not know that the user exists, else `Forbidden`.
pub fn authorize_user(
    actor: &Actor,
    action: UserAction,
    user_id: UserId,
    acquaintance: Acquaintance,
) -> Result<()> {
    if sees_everybody(actor) || actor.id() == user_id {
        return Ok(());
    }
    if !acquaintance.is_any() {
        return Err(Error::NotFound("user"));
    }
    let Acquaintance { shares_room, are_friends, .. } = acquaintance;
    match action {
        UserAction::Write if !shares_room && !are_friends => {
            Err(Error::Forbidden("guests write to friends, and to those whom they share a room with"))
        }
        UserAction::Befriend if !shares_room && !are_friends => {
            Err(Error::Forbidden("guests ask those only whom they share a room with"))
        }
        UserAction::See | UserAction::Write | UserAction::Befriend => Ok(()),
    }
}
