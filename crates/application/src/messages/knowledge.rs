//! What the database knows that decides about the messages of a batch.

use std::collections::HashMap;

use plaza_domain::{
    DirectRoom, FileId, FileKind, FilePurpose, MessageId, Repositories, RepositoryError, RoomId, RoomKind,
    SentMessage, ThreadRoot, UserId, repository::Sender,
};

use super::{
    committer::Job,
    mentions::Meant,
    recent_senders::{Permitted, RecentSenders},
    verdicts::refuse_new,
};

/// What the database knows that decides about the jobs.
#[derive(Default)]
pub(super) struct Knowledge {
    /// What was sent before under the name of one of the jobs, if that was looked for.
    pub(super) originals: Vec<SentMessage>,
    pub(super) permitted: Permitted,
    pub(super) parents: HashMap<MessageId, ThreadRoot>,
    pub(super) files: HashMap<FileId, (UserId, FileKind)>,
    pub(super) direct_rooms: HashMap<RoomId, DirectRoom>,
    pub(super) meant: Meant,
}

/// What is remembered of a moment ago, when that is all there is to know about a batch.
pub(super) fn recall(recent: &RecentSenders, jobs: &[Job]) -> Option<Knowledge> {
    if jobs.iter().any(|job| job.draft.file_id().is_some()) {
        return None;
    }
    Some(Knowledge { permitted: recent.recall(pairs(jobs))?, ..Knowledge::default() })
}

/// Looks up what there is to know about a batch: who may post by one query, which is to be remembered if `recent` is
/// given, and the rest only when a job asks for it. What was sent before is looked for when that is likely, or when it
/// decides whether a job is refused.
pub(super) async fn look_up(
    read: &mut dyn Repositories,
    recent: Option<&RecentSenders>,
    jobs: &[Job],
    repeats_are_likely: bool,
) -> std::result::Result<Knowledge, RepositoryError> {
    let before = recent.map(|recent| (recent, recent.before_look()));
    let senders = read.members().senders(&pairs(jobs)).await?;
    if let Some((recent, before)) = before {
        recent.remember(before, &senders);
    }
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
        permitted: permitted(senders),
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

/// Who wants to post where, each once.
fn pairs(jobs: &[Job]) -> Vec<(RoomId, UserId)> {
    let mut pairs: Vec<_> = jobs.iter().map(|job| (job.room_id, job.sender_id)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn permitted(senders: Vec<Sender>) -> Permitted {
    Permitted {
        epochs: senders.iter().map(|sender| (sender.room_id, sender.epoch)).collect(),
        senders: senders.into_iter().map(|sender| ((sender.room_id, sender.user.id), sender.user)).collect(),
    }
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
