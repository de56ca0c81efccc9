//! Who may look after the server as a whole.

use plaza_domain::SystemRole;

use crate::{Error, Operator, Result};

/// Decides whether somebody may look at the server as a whole and give orders about it.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_operation(by: Operator<'_>) -> Result<()> {
    match by {
        Operator::User(actor) if actor.role != SystemRole::Admin => {
            Err(Error::Forbidden("only the server's admins may do this"))
        }
        Operator::User(_) | Operator::CommandLine => Ok(()),
    }
}
