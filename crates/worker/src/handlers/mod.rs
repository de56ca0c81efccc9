//! Plaza's commands and who carries them out.

mod files;
mod probe;
mod process_file;

use std::sync::Arc;

use plaza_application::{Ports, commands::Command};

use self::{files::FileWork, probe::Probe, process_file::ProcessFile};
use crate::{Registry, TaskHandler, WorkerSettings};

/// Knows every command of this version.
pub(crate) struct Handlers {
    files: Arc<FileWork>,
}

impl Handlers {
    /// The handlers of a worker with these settings.
    pub(crate) fn new(ports: &Ports, settings: &WorkerSettings) -> Self {
        Self { files: Arc::new(FileWork::new(ports, settings.media.processor(settings.concurrency))) }
    }
}

impl Registry for Handlers {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        let files = Arc::clone(&self.files);
        match command {
            Command::Probe(data) => Arc::new(Probe(data)),
            Command::ProcessImage(data) | Command::ProcessDocument(data) => {
                Arc::new(ProcessFile::new(files, data.file_id))
            }
        }
    }
}

#[cfg(test)]
mod tests;
