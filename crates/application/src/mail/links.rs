//! Uses the links in mails up.

use std::sync::Arc;

use plaza_domain::{Clock, MailPurpose, MailToken, UnitOfWork, User, Violation};

use crate::{Error, Ports, Result, ports::Secrets};

/// What is said of every link that does not work, whatever the reason.
const USELESS: &str = "does not work: the link was used, has expired, or was replaced by a newer one";

/// Uses links up.
pub(crate) struct Links {
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn Secrets>,
}

impl Links {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { clock: Arc::clone(&ports.clock), secrets: Arc::clone(&ports.secrets) }
    }

    /// Uses a link up that is for one of these purposes. Returns it, and its user, who is locked.
    ///
    /// # Errors
    /// `Invalid`, the same for every link that does not work, and for those of accounts that may not be used.
    pub(crate) async fn take(
        &self,
        work: &mut dyn UnitOfWork,
        token: &str,
        purposes: &[MailPurpose],
    ) -> Result<(MailToken, User)> {
        let link = work.mail_tokens().find_by_digest(self.secrets.digest(token)).await?;
        let link = link.filter(|link| purposes.contains(&link.purpose)).ok_or_else(useless)?;
        let now = self.clock.now();
        let may_be_used = |user: &User| !user.is_suspended(now);
        let user = work.users().lock(link.user_id).await?.filter(may_be_used).ok_or_else(useless)?;
        // It may have been used or replaced while its user was locked by somebody else.
        if !work.mail_tokens().consume(link.task_id, now).await? {
            return Err(useless());
        }
        Ok((link, user))
    }
}

/// The answer to a link that does not work.
pub(crate) fn useless() -> Error {
    Violation::new("token", USELESS).into()
}
