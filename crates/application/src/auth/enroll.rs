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
    if work.settings().claim(FIRST_ADMIN, &user.id.to_string()).await? {
        user.role = SystemRole::Admin;
    }
    work.users().insert(user).await?;
    usernames::claim(work, user, user.created_at).await
}
