//! Writes mails to the log and to a folder, for who tries Plaza out: whoever reads those can follow the links.

use std::{
    io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use plaza_application::ports::{Mail, MailError, Mailer};
use tokio::{fs, io::AsyncWriteExt};

use super::Sender;
use crate::folder::create_folder_aside;

/// How many mails are kept in the folder, the latest.
const KEPT: usize = 100;

/// Writes mails to the log, and each to a file that mail programs open.
pub struct LogMailer {
    folder: PathBuf,
    sender: Sender,
}

impl LogMailer {
    /// Keeps mails in `folder`, which is made with the first one.
    pub fn new(folder: PathBuf, sender: Sender) -> Self {
        Self { folder, sender }
    }

    async fn keep(&self, mail: &Mail, bytes: &[u8]) -> io::Result<()> {
        create_folder_aside(&self.folder).await?;
        let path = self.folder.join(format!("{}.eml", mail.task_id));
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).await?;
        file.write_all(bytes).await?;
        file.flush().await?;
        forget_old(&self.folder).await
    }
}

#[async_trait]
impl Mailer for LogMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.sender.message(mail).map_err(MailError::Refused)?;
        tracing::info!(
            mail.to = mail.to.as_str(),
            mail.subject = mail.content.subject,
            "no mail server is configured; the mail says:\n{}",
            mail.content.text
        );
        if let Err(error) = self.keep(mail, &message.formatted()).await {
            tracing::warn!(%error, folder = %self.folder.display(), "the mail could not be kept in a file");
        }
        Ok(())
    }
}

/// Their names are the ids of tasks, which rise with time.
async fn forget_old(folder: &Path) -> io::Result<()> {
    let mut entries = fs::read_dir(folder).await?;
    let mut mails = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            mails.push(path);
        }
    }
    mails.sort_unstable();
    let old = mails.len().saturating_sub(KEPT);
    for path in mails.drain(..old) {
        // Another worker may have been faster.
        match fs::remove_file(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use plaza_application::ports::{BoxError, MailContent};
    use plaza_domain::{Email, TaskId};
    use uuid::Uuid;

    use super::*;

    fn mail(number: u128) -> Mail {
        Mail {
            task_id: TaskId::new(Uuid::from_u128(number)),
            to: Email::from_stored("ada@example.org".to_owned()),
            content: MailContent { subject: "s".to_owned(), text: "t".to_owned(), html: "h".to_owned() },
        }
    }

    #[tokio::test]
    async fn the_latest_mails_are_kept_for_their_owner_alone() -> Result<(), BoxError> {
        let folder = tempfile::tempdir()?;
        let mailer = LogMailer::new(folder.path().join("outbox"), Sender::new("plaza@example.org", None)?);
        for number in 0..103 {
            mailer.send(&mail(number)).await?;
        }
        let outbox = folder.path().join("outbox");
        let kept: Vec<_> = std::fs::read_dir(&outbox)?.collect::<Result<_, _>>()?;
        assert_eq!(kept.len(), KEPT);
        let is_kept = |number| outbox.join(format!("{}.eml", Uuid::from_u128(number))).exists();
        assert!(!is_kept(2) && is_kept(3) && is_kept(102));
        for entry in kept {
            assert_eq!(entry.metadata()?.permissions().mode() & 0o777, 0o600);
        }
        Ok(())
    }
}
