//! New accounts are stored.

use plaza_domain::{SystemRole, UnitOfWork, User, repository::Result};

use crate::usernames;

/// The setting that names the first admin; who claims it is the one.
pub(crate) const FIRST_ADMIN: &str = "first_admin";

/// Stores a new account. The first one of a fresh server becomes its admin.
///
/// # Errors
/// `Conflict` when its address or its handle is taken.
pub(crate) async fn enroll(work: &mut dyn UnitOfWork, user: &mut User) -> Result<()> {
    crown_first(work, user).await?;
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
/// As [`enroll`].
pub(super) async fn insert(work: &mut dyn UnitOfWork, user: &User) -> Result<()> {
    work.users().insert(user).await?;
    usernames::claim(work, user, user.created_at).await
}
