//! Plaza's commands and who carries them out.

mod answer_reset_request;
mod clean_up;
mod export;
mod files;
mod probe;
mod process_file;
mod send_mail;

use std::sync::Arc;

use futures::{FutureExt, TryFutureExt};
use plaza_application::{
    CleanupService, ContentService, ErasureService, ExportService, MailService, PasswordResetService, Ports,
    Services, TaskService, UserAdminService, commands::Command,
};
use plaza_domain::Clock;

use self::{
    answer_reset_request::AnswerResetRequest,
    clean_up::{clean_up, lifted, removed},
    export::ExportAccount,
    files::FileWork,
    probe::Probe,
    process_file::ProcessFile,
    send_mail::SendMail,
};
use crate::{Registry, TaskHandler, WorkerSettings};

/// Knows every command of this version.
pub(crate) struct Handlers {
    files: Arc<FileWork>,
    tasks: Arc<TaskService>,
    cleanup: Arc<CleanupService>,
    users: Arc<UserAdminService>,
    contents: Arc<ContentService>,
    erasure: Arc<ErasureService>,
    exports: Arc<ExportService>,
    ports: Ports,
    mail: Arc<MailService>,
    password_reset: Arc<PasswordResetService>,
    clock: Arc<dyn Clock>,
}

impl Handlers {
    /// The handlers of a worker with these settings.
    pub(crate) fn new(ports: &Ports, services: &Services, settings: &WorkerSettings) -> Self {
        Self {
            files: Arc::new(FileWork::new(ports, settings.media.processor(settings.concurrency))),
            tasks: Arc::clone(&services.tasks),
            cleanup: Arc::clone(&services.cleanup),
            users: Arc::clone(&services.user_admin),
            contents: Arc::clone(&services.contents),
            erasure: Arc::clone(&services.erasure),
            exports: Arc::clone(&services.exports),
            ports: ports.clone(),
            mail: Arc::clone(&services.mail),
            password_reset: Arc::clone(&services.password_reset),
            clock: Arc::clone(&ports.clock),
        }
    }
}

impl Registry for Handlers {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        let files = Arc::clone(&self.files);
        match command {
            Command::Probe(data) => Arc::new(Probe(data)),
            Command::PurgeTokens => {
                clean_up(&self.cleanup, |service| service.purge_tokens().map_ok(removed).boxed())
            }
            Command::PurgeTasks => clean_up(&self.tasks, |service| service.purge().map_ok(removed).boxed()),
            Command::PurgePresence => {
                clean_up(&self.cleanup, |service| service.purge_presence().map_ok(removed).boxed())
            }
            Command::LiftBans => clean_up(&self.users, |service| service.lift_ended().map_ok(lifted).boxed()),
            Command::SweepBlobs => clean_up(&self.contents, |service| service.sweep_blobs().boxed()),
            Command::SweepUploads => clean_up(&self.contents, |service| service.sweep_uploads().boxed()),
            Command::EraseAccounts => clean_up(&self.erasure, |service| service.erase_due().boxed()),
            Command::ExportAccount(data) => Arc::new(ExportAccount::new(&self.ports, &self.exports, data)),
            Command::ProcessImage(data) | Command::ProcessDocument(data) => {
                Arc::new(ProcessFile::new(files, data.file_id))
            }
            Command::SendMail(order) => {
                let (service, clock) = (Arc::clone(&self.mail), Arc::clone(&self.clock));
                Arc::new(SendMail { service, clock, order })
            }
            Command::AnswerResetRequest(data) => {
                Arc::new(AnswerResetRequest { service: Arc::clone(&self.password_reset), email: data.email })
            }
        }
    }
}

#[cfg(test)]
mod tests;
