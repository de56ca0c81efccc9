//! Plaza's commands and who carries them out.

mod clean_up;
mod files;
mod probe;
mod process_file;

use std::sync::Arc;

use futures::FutureExt;
use plaza_application::{CleanupService, Ports, Services, TaskService, commands::Command};

use self::{clean_up::clean_up, files::FileWork, probe::Probe, process_file::ProcessFile};
use crate::{Registry, TaskHandler, WorkerSettings};

/// Knows every command of this version.
pub(crate) struct Handlers {
    files: Arc<FileWork>,
    tasks: Arc<TaskService>,
    cleanup: Arc<CleanupService>,
}

impl Handlers {
    /// The handlers of a worker with these settings.
    pub(crate) fn new(ports: &Ports, services: &Services, settings: &WorkerSettings) -> Self {
        Self {
            files: Arc::new(FileWork::new(ports, settings.media.processor(settings.concurrency))),
            tasks: Arc::clone(&services.tasks),
            cleanup: Arc::clone(&services.cleanup),
        }
    }
}

impl Registry for Handlers {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        let files = Arc::clone(&self.files);
        match command {
            Command::Probe(data) => Arc::new(Probe(data)),
            Command::PurgeTokens => clean_up(&self.cleanup, |service| service.purge_tokens().boxed()),
            Command::PurgeTasks => clean_up(&self.tasks, |service| service.purge().boxed()),
            Command::PurgePresence => clean_up(&self.cleanup, |service| service.purge_presence().boxed()),
            Command::ProcessImage(data) | Command::ProcessDocument(data) => {
                Arc::new(ProcessFile::new(files, data.file_id))
            }
        }
    }
}

#[cfg(test)]
mod tests;
