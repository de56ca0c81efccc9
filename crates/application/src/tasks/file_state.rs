//! What becomes of a file when the task that processes it ends without having done so, or begins anew. To be written in
//! the transaction of the task, so that no file waits for a task that will never come.

use plaza_domain::{
    File, FileFailure, FileId, FileStatus, RepositoryError, Task, Timestamp, UnitOfWork, VariantName,
};

use crate::{commands::Command, events::Event};

/// Notes that a file will not be completed. Returns what its owner is to be told, once that is committed; `None` when
/// the file is completed or deleted already.
///
/// # Errors
/// When the database refuses.
pub async fn fail_file(
    work: &mut dyn UnitOfWork,
    id: FileId,
    failure: FileFailure,
    at: Timestamp,
) -> Result<Option<Event>, RepositoryError> {
    change(work, id, at, FileStatus::Failed, Some(failure)).await
}

/// Notes that the file that a task was to process will not be, as the task was called off.
pub(super) async fn cancel(
    work: &mut dyn UnitOfWork,
    task: &Task,
    at: Timestamp,
) -> Result<Option<Event>, RepositoryError> {
    match file_of(task) {
        Some(id) => fail_file(work, id, FileFailure::Cancelled, at).await,
        None => Ok(None),
    }
}

/// Notes that the file that a task is to process waits for a worker again.
pub(super) async fn reopen(
    work: &mut dyn UnitOfWork,
    task: &Task,
    at: Timestamp,
) -> Result<Option<Event>, RepositoryError> {
    match file_of(task) {
        Some(id) => change(work, id, at, FileStatus::Pending, None).await,
        None => Ok(None),
    }
}

/// What cannot be understood was made by a newer version of the program, which has to see to it.
fn file_of(task: &Task) -> Option<FileId> {
    Command::try_from(task).ok().and_then(|command| command.file_id())
}

async fn change(
    work: &mut dyn UnitOfWork,
    id: FileId,
    at: Timestamp,
    status: FileStatus,
    failure: Option<FileFailure>,
) -> Result<Option<Event>, RepositoryError> {
    let is_open = |file: &File| file.status != FileStatus::Completed && !file.is_deleted();
    let Some(file) = work.files().lock(id).await?.filter(is_open) else {
        return Ok(None);
    };
    let file = File { status, failure, updated_at: at, ..file };
    work.files().update(&file).await?;
    let variants = work.files().variants(id).await?;
    let names: Vec<VariantName> = variants.into_iter().map(|variant| variant.name).collect();
    Ok(Some(Event::file_changed(&file, names)))
}
