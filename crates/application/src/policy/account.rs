//! Who may do what with accounts.

use plaza_domain::UserId;

use super::authorize_operation;
use crate::{Error, Operator, Result};

/// What somebody wants to do with an account that is not, or not only, theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAction {
    /// See all that is known about it.
    Inspect,
    /// Keep its user out.
    Ban,
    /// Let its user in again.
    Unban,
    /// Make it one that nobody uses.
    Deactivate,
    /// Have it used again.
    Reactivate,
    /// Change what it may do on the server.
    ChangeRole,
    /// Take its address as confirmed.
    VerifyEmail,
    /// Replace its password without knowing the one before.
    ResetPassword,
    /// End all its sessions.
    EndSessions,
    /// Have it erased.
    Delete,
}

/// Decides about an account: it is for the server's admins, and for who holds the server. That accounts exist is no
/// secret to anybody who is logged in.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_account(by: Operator<'_>, action: AccountAction, user_id: UserId) -> Result<()> {
    authorize_operation(by)?;
    let is_own = matches!(by, Operator::User(actor) if actor.id() == user_id);
    match action {
        AccountAction::Ban if is_own => Err(Error::Forbidden("nobody may ban themselves")),
        AccountAction::Deactivate if is_own => Err(Error::Forbidden("nobody may deactivate themselves")),
        // Whoever has got hold of an admin's session shall not get by without the password.
        AccountAction::ResetPassword if is_own => {
            Err(Error::Forbidden("nobody may reset their own password: change it with the one until now"))
        }
        AccountAction::Delete if is_own => Err(Error::Forbidden(
            "nobody may delete themselves like this: end your account with your password",
        )),
        AccountAction::Inspect
        | AccountAction::Ban
        | AccountAction::Unban
        | AccountAction::Deactivate
        | AccountAction::Reactivate
        | AccountAction::ChangeRole
        | AccountAction::VerifyEmail
        | AccountAction::ResetPassword
        | AccountAction::EndSessions
        | AccountAction::Delete => Ok(()),
    }
}
