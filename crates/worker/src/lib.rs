//! Plaza's background worker.
mod media;
mod settings;
pub use settings::WorkerSettings;
