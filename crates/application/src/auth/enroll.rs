//! New accounts are stored.

use plaza_domain::{SystemRole, UnitOfWork, User, repository::Result};

use crate::usernames;

/// The setting that names who made the first account; who claims it by registering is the first admin.
pub(crate) const FIRST_ADMIN: &str = "first_admin";

/// Stores a new account of somebody whom a provider knows. Nobody becomes the admin of a fresh server by that, as it may
/// know many; and nobody by registering later: a server that is in use goes to no stranger. An operator says who it is.
///
/// # Errors
/// As [`insert`].
pub(crate) async fn enroll_known(work: &mut dyn UnitOfWork, user: &User) -> Result<()> {
    work.settings().claim(FIRST_ADMIN, &user.id.to_string()).await?;
    insert(work, user).await
}

/// Makes a new account an admin's, if it is the first one of a fresh server.
pub(super) async fn crown_first(work: &mut dyn UnitOfWork, user: &mut User) -> Result<()> {
    if work.settings().claim(FIRST_ADMIN, &user.id.to_string()).await? {
        user.role = SystemRole::Admin;
    }
    Ok(())
}

/// Stores a new account as it is.
///
/// # Errors
/// `Conflict` when its address or its handle is taken.
pub(super) async fn insert(work: &mut dyn UnitOfWork, user: &User) -> Result<()> {
    work.users().insert(user).await?;
    usernames::claim(work, user, user.created_at).await
}
