//! What a session is good for.

use plaza_domain::{SystemRole, UserId};

use super::authorize_operation;
use crate::{Actor, Error, Operator, Result, SecondFactorRule};

/// Decides whether a session is good for more than for setting up a second factor.
///
/// # Errors
/// `SecondFactorSetupRequired`.
pub fn authorize_session(actor: &Actor) -> Result<()> {
    if actor.must_set_up_second_factor { Err(Error::SecondFactorSetupRequired) } else { Ok(()) }
}

/// Whether the server requires a second factor of users with that role.
pub fn requires_second_factor(rule: SecondFactorRule, role: SystemRole) -> bool {
    match rule {
        SecondFactorRule::Nobody => false,
        SecondFactorRule::Admins => role == SystemRole::Admin,
        SecondFactorRule::Everybody => true,
    }
}

/// Decides whether an operator may free a user of their second factor. Not of their own: whoever has got hold of an
/// admin's session shall not free it of what guards the rest.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_second_factor_reset(by: Operator<'_>, user_id: UserId) -> Result<()> {
    authorize_operation(by)?;
    match by {
        Operator::User(actor) if actor.id() == user_id => {
            Err(Error::Forbidden("nobody may reset their own second factor: give it up with a code"))
        }
        Operator::User(_) | Operator::CommandLine => Ok(()),
    }
}
