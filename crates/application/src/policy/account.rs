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
        AccountAction::Inspect
        | AccountAction::Ban
        | AccountAction::Unban
        | AccountAction::Deactivate
        | AccountAction::Reactivate
        | AccountAction::ChangeRole
        | AccountAction::VerifyEmail
        | AccountAction::ResetPassword
        | AccountAction::EndSessions => Ok(()),
    }
}
