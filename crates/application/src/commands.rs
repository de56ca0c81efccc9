//! Commands: what a task is asked to do, as values with a kind and a version.

use plaza_domain::{Email, FileId, FileKind, NewTask, Priority, Task, TaskId, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::mail::MailOrder;

/// The queue for whatever has none of its own.
pub const DEFAULT_QUEUE: &str = "default";
/// The queue for pictures and documents.
pub const MEDIA_QUEUE: &str = "media";
/// The queue for mail.
pub const MAIL_QUEUE: &str = "mail";
/// The queue for archives of accounts, which take long and which nobody waits for.
pub const EXPORT_QUEUE: &str = "exports";

const MAX_ATTEMPTS: i32 = 8;
/// Each attempt reads everything from the beginning.
const MAX_EXPORT_ATTEMPTS: i32 = 3;

/// The data of a command that is about one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCommand {
    /// The file.
    pub file_id: FileId,
}

/// The data of a command that is about one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCommand {
    /// The user.
    pub user_id: UserId,
}

/// The data of a command that does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeCommand {
    /// What its result repeats, to tell probes apart.
    pub note: String,
}

/// The data of a command that is about a forgotten password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRequest {
    /// The address that somebody says is an account's.
    pub email: Email,
}

/// What a task is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Do nothing but succeed, which shows that tasks are done at all.
    Probe(ProbeCommand),
    /// Remove logins that are over, and their tokens.
    PurgeTokens,
    /// Remove tasks that ended long ago.
    PurgeTasks,
    /// Remove what workers left behind that vanished.
    PurgePresence,
    /// Lift bans whose time is over.
    LiftBans,
    /// Remove contents that nothing refers to, and objects that nothing names.
    SweepBlobs,
    /// Forget uploads that lasted too long, and delete files that nothing shows.
    SweepUploads,
    /// Erase accounts whose time has come.
    EraseAccounts,
    /// Make an archive of everything about a user.
    ExportAccount(UserCommand),
    /// Check a picture, turn it upright, make its variants.
    ProcessImage(FileCommand),
    /// Check a document, find its size and pages.
    ProcessDocument(FileCommand),
    /// Send a mail.
    SendMail(MailOrder),
    /// Send who has forgotten a password a link, if they have an account.
    AnswerResetRequest(ResetRequest),
}

/// Why a task's command cannot be understood.
#[derive(Debug, Error)]
pub enum UnknownCommand {
    /// Its kind or version is newer than this program.
    #[error("no handler for command {kind} version {version}")]
    Kind {
        /// The kind.
        kind: String,
        /// The version.
        version: i32,
    },
    /// Its data is not what its kind and version promise.
    #[error("the data of a command cannot be read")]
    Payload(#[from] serde_json::Error),
}

impl Command {
    /// The command that processes a file of that kind.
    pub fn process(kind: FileKind, file_id: FileId) -> Self {
        match kind {
            FileKind::Image => Self::ProcessImage(FileCommand { file_id }),
            FileKind::Document => Self::ProcessDocument(FileCommand { file_id }),
        }
    }

    /// The file that it processes, if it is about one.
    pub const fn file_id(&self) -> Option<FileId> {
        match self {
            Self::ProcessImage(data) | Self::ProcessDocument(data) => Some(data.file_id),
            Self::Probe(_)
            | Self::PurgeTokens
            | Self::PurgeTasks
            | Self::PurgePresence
            | Self::LiftBans
            | Self::SweepBlobs
            | Self::SweepUploads
            | Self::EraseAccounts
            | Self::ExportAccount(_)
            | Self::SendMail(_)
            | Self::AnswerResetRequest(_) => None,
        }
    }

    /// Its kind and version, as they are stored.
    pub const fn kind(&self) -> (&'static str, i32) {
        match self {
            Self::Probe(_) => ("probe", 1),
            Self::PurgeTokens => ("purge_tokens", 1),
            Self::PurgeTasks => ("purge_tasks", 1),
            Self::PurgePresence => ("purge_presence", 1),
            Self::LiftBans => ("lift_bans", 1),
            Self::SweepBlobs => ("sweep_blobs", 1),
            Self::SweepUploads => ("sweep_uploads", 1),
            Self::EraseAccounts => ("erase_accounts", 1),
            Self::ExportAccount(_) => ("export_account", 1),
            Self::ProcessImage(_) => ("process_image", 1),
            Self::ProcessDocument(_) => ("process_document", 1),
            Self::SendMail(_) => ("send_mail", 1),
            Self::AnswerResetRequest(_) => ("answer_reset_request", 1),
        }
    }

    /// The task that carries it out.
    ///
    /// # Errors
    /// When its data has no JSON form.
    pub fn into_task(self, id: TaskId, owner_id: Option<UserId>) -> Result<NewTask, serde_json::Error> {
        let (kind, version) = self.kind();
        let max_attempts =
            if matches!(self, Self::ExportAccount(_)) { MAX_EXPORT_ATTEMPTS } else { MAX_ATTEMPTS };
        let (queue, payload) = match self {
            Self::Probe(data) => (DEFAULT_QUEUE, serde_json::to_value(data)?),
            Self::PurgeTokens
            | Self::PurgeTasks
            | Self::PurgePresence
            | Self::LiftBans
            | Self::SweepBlobs
            | Self::SweepUploads
            | Self::EraseAccounts => (DEFAULT_QUEUE, serde_json::json!({})),
            Self::ExportAccount(data) => (EXPORT_QUEUE, serde_json::to_value(data)?),
            Self::ProcessImage(data) | Self::ProcessDocument(data) => {
                (MEDIA_QUEUE, serde_json::to_value(data)?)
            }
            Self::SendMail(order) => (MAIL_QUEUE, serde_json::to_value(order)?),
            Self::AnswerResetRequest(data) => (MAIL_QUEUE, serde_json::to_value(data)?),
        };
        Ok(NewTask {
            id,
            queue: queue.to_owned(),
            kind: kind.to_owned(),
            version,
            payload,
            owner_id,
            max_attempts,
            priority: Priority::NORMAL,
            run_at: None,
            unique_key: None,
        })
    }
}

impl TryFrom<&Task> for Command {
    type Error = UnknownCommand;

    fn try_from(task: &Task) -> Result<Self, UnknownCommand> {
        match (task.kind.as_str(), task.version) {
            ("probe", 1) => Ok(Self::Probe(ProbeCommand::deserialize(&task.payload)?)),
            ("purge_tokens", 1) => Ok(Self::PurgeTokens),
            ("purge_tasks", 1) => Ok(Self::PurgeTasks),
            ("purge_presence", 1) => Ok(Self::PurgePresence),
            ("lift_bans", 1) => Ok(Self::LiftBans),
            ("sweep_blobs", 1) => Ok(Self::SweepBlobs),
            ("sweep_uploads", 1) => Ok(Self::SweepUploads),
            ("erase_accounts", 1) => Ok(Self::EraseAccounts),
            ("export_account", 1) => Ok(Self::ExportAccount(UserCommand::deserialize(&task.payload)?)),
            ("process_image", 1) => Ok(Self::ProcessImage(FileCommand::deserialize(&task.payload)?)),
            ("process_document", 1) => Ok(Self::ProcessDocument(FileCommand::deserialize(&task.payload)?)),
            ("send_mail", 1) => Ok(Self::SendMail(MailOrder::deserialize(&task.payload)?)),
            ("answer_reset_request", 1) => {
                Ok(Self::AnswerResetRequest(ResetRequest::deserialize(&task.payload)?))
            }
            (kind, version) => Err(UnknownCommand::Kind { kind: kind.to_owned(), version }),
        }
    }
}
