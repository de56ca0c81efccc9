//! What the database knows that decides about the messages of a batch.

use std::collections::HashMap;

use plaza_domain::{
    DirectRoom, FileId, FileKind, FilePurpose, MessageId, Repositories, RepositoryError, RoomEpoch, RoomId,
    RoomKind, SentMessage, ThreadRoot, UserId, UserSummary,
};

use super::{committer::Job, mentions::Meant, verdicts::refuse_new};

/// What the database knows that decides about the jobs.
pub(super) struct Knowledge {
    /// What was sent before under the name of one of the jobs, if that was looked for.
    pub(super) originals: Vec<SentMessage>,
    pub(super) senders: HashMap<(RoomId, UserId), UserSummary>,
    /// Of the rooms of these.
    pub(super) epochs: HashMap<RoomId, RoomEpoch>,
    pub(super) parents: HashMap<MessageId, ThreadRoot>,
    pub(super) files: HashMap<FileId, (UserId, FileKind)>,
    pub(super) direct_rooms: HashMap<RoomId, DirectRoom>,
    pub(super) meant: Meant,
}

/// Looks up what there is to know about a batch: who may post by one query, and the rest only when a job asks for it. What
/// was sent before is looked for when that is likely, or when it decides whether a job is refused.
pub(super) async fn look_up(
    read: &mut dyn Repositories,
    jobs: &[Job],
    repeats_are_likely: bool,
) -> std::result::Result<Knowledge, RepositoryError> {
    let mut pairs: Vec<_> = jobs.iter().map(|job| (job.room_id, job.sender_id)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let senders = read.members().senders(&pairs).await?;
    let parent_ids: Vec<_> = jobs.iter().filter_map(|job| job.draft.parent_id()).collect();
    let parents = if parent_ids.is_empty() { Vec::new() } else { read.threads().roots(&parent_ids).await? };
    let file_ids: Vec<_> = jobs.iter().filter_map(|job| job.draft.file_id()).collect();
    let files = if file_ids.is_empty() { Vec::new() } else { read.files().find_many(&file_ids).await? };
    let mentioning = jobs.iter().map(|job| (job.room_id, job.sender_id, job.draft.mentions()));
    let meant = Meant::find(read, mentioning).await?;
    let direct_ids: Vec<_> = senders
        .iter()
        .filter(|sender| sender.kind == RoomKind::Direct)
        .map(|sender| sender.room_id)
        .collect();
    let direct_rooms =
        if direct_ids.is_empty() { Vec::new() } else { read.direct_rooms().find_many(&direct_ids).await? };
    let mut known = Knowledge {
        originals: Vec::new(),
        epochs: senders.iter().map(|sender| (sender.room_id, sender.epoch)).collect(),
        senders: senders.into_iter().map(|sender| ((sender.room_id, sender.user.id), sender.user)).collect(),
        parents: parents.into_iter().collect(),
        // Archives are for their owners alone, and as good as absent here.
        files: files
            .into_iter()
            .filter(|file| file.purpose != FilePurpose::Export)
            .map(|file| (file.id, (file.owner_id, file.kind)))
            .collect(),
        direct_rooms: direct_rooms.into_iter().map(|found| (found.room_id, found)).collect(),
        meant,
    };
    if repeats_are_likely || jobs.iter().any(|job| refuse_new(job, &known).is_some()) {
        known.originals = originals(read, jobs).await?;
    }
    Ok(known)
}

async fn originals(
    read: &mut dyn Repositories,
    jobs: &[Job],
) -> std::result::Result<Vec<SentMessage>, RepositoryError> {
    let key = |job: &Job| Some((job.sender_id, job.draft.client_id()?.clone()));
    let keys: Vec<_> = jobs.iter().filter_map(key).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    read.messages().find_by_client_ids(&keys).await
}
