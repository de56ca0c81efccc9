//! Who may do what with accounts.

use plaza_domain::{SystemRole, UserId};

use crate::{Actor, Error, Result};

/// What somebody wants to do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAction {
    /// Keep its user out.
    Ban,
    /// Let its user in again.
    Unban,
}

/// Decides about an account. That accounts exist is no secret to anybody who is logged in.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_account(actor: &Actor, action: AccountAction, user_id: UserId) -> Result<()> {
    match action {
        AccountAction::Ban | AccountAction::Unban if actor.role != SystemRole::Admin => {
            Err(Error::Forbidden("only the server's admins may ban users"))
        }
        AccountAction::Ban if actor.id() == user_id => Err(Error::Forbidden("nobody may ban themselves")),
        AccountAction::Ban | AccountAction::Unban => Ok(()),
    }
}
