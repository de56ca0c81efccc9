//! Plaza's commands and who carries them out.

mod blocking;
mod files;
mod probe;
mod process_document;
mod process_image;

use std::sync::Arc;

use plaza_application::{Ports, commands::Command};

use self::{files::FileWork, probe::Probe, process_document::ProcessDocument, process_image::ProcessImage};
use crate::{Registry, TaskHandler};

/// Knows every command of this version.
pub(crate) struct Handlers {
    files: Arc<FileWork>,
}

impl Handlers {
    /// Handlers that decode at most `parallel` files at a time.
    pub(crate) fn new(ports: &Ports, parallel: usize) -> Self {
        Self { files: Arc::new(FileWork::new(ports, parallel)) }
    }
}

impl Registry for Handlers {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        let files = Arc::clone(&self.files);
        match command {
            Command::Probe(data) => Arc::new(Probe(data)),
            Command::ProcessImage(data) => Arc::new(ProcessImage::new(files, data.file_id)),
            Command::ProcessDocument(data) => Arc::new(ProcessDocument::new(files, data.file_id)),
        }
    }
}

#[cfg(test)]
mod tests;
