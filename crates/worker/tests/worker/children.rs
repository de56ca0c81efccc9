//! Media work in children: what they do to themselves costs one attempt, and the worker goes on.

use std::{path::Path, time::Duration};

use futures::future::try_join_all;
use image::{ImageFormat, RgbImage};
use plaza_application::{Actor, ports::EventStream};
use plaza_domain::{File, FileFailure, FileStatus, Task, TaskState};
use plaza_infrastructure::wiring::Plaza;
use plaza_worker::{MediaChild, MediaSettings};
use tempfile::TempDir;
use tokio::time::timeout;

use super::world::{SOON, TestResult, connect, next_status, photograph, register, upload};

/// The real program.
const WORKER: &str = env!("CARGO_BIN_EXE_plaza-worker");

fn real_child() -> MediaChild {
    MediaChild { program: WORKER.into(), ..MediaChild::this_program() }
}

/// A shell that misbehaves the first time, and is the real program after that.
fn misbehaving(folder: &Path, how: &str) -> MediaChild {
    let flag = folder.join("misbehaved");
    let script = format!("[ -e '{0}' ] && exec '{WORKER}' media-child; : > '{0}'; {how}", flag.display());
    MediaChild {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        deadline: Duration::from_secs(5),
        ..MediaChild::this_program()
    }
}

struct Stage {
    folder: TempDir,
    plaza: Plaza,
    actor: Actor,
    events: EventStream,
}

impl Stage {
    async fn new(child: impl FnOnce(&Path) -> MediaChild) -> TestResult<Self> {
        let folder = tempfile::tempdir()?;
        let plaza = connect(&folder, MediaSettings::Child(child(folder.path()))).await?;
        let actor = register(&plaza).await?;
        let events = plaza.ports.bus.subscribe();
        Ok(Self { folder, plaza, actor, events })
    }

    /// An upload after its task has ended.
    async fn processed(&mut self, name: &str, bytes: Vec<u8>) -> TestResult<(File, Task)> {
        let file = upload(&self.plaza, &self.actor, name, bytes).await?;
        while next_status(&mut self.events, file.id).await? == FileStatus::Processing {}
        let mut read = self.plaza.ports.store.read().await?;
        let file = read.files().find(file.id).await?.ok_or("the file is gone")?;
        let task = read.tasks().find(file.task_id).await?.ok_or("the task is gone")?;
        Ok((file, task))
    }

    async fn end(self) -> TestResult {
        timeout(SOON, self.plaza.stop(SOON)).await?;
        Ok(self.folder.close()?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_does_what_the_process_itself_would_do() -> TestResult {
    let mut stage = Stage::new(|_| real_child()).await?;
    let (picture, _) = stage.processed("sky.jpg", photograph()?).await?;
    assert_eq!(
        (picture.status, picture.width, picture.height),
        (FileStatus::Completed, Some(2000), Some(1500))
    );
    assert!(picture.blur_hash.is_some() && picture.dominant_color.is_some());
    assert_eq!(stage.plaza.services.files.get(&stage.actor, picture.id).await?.1.len(), 2);

    let (notes, _) = stage.processed("notes.txt", b"Remember the milk.".to_vec()).await?;
    let mut read = stage.plaza.ports.store.read().await?;
    let text = read.files().find_text(notes.id).await?.ok_or("no words")?;
    assert_eq!((text.content.as_str(), text.is_truncated), ("Remember the milk.", false));
    drop(read);

    let (cut, task) = stage.processed("cut.jpg", photograph()?[..9_000].to_vec()).await?;
    assert_eq!((cut.failure, task.attempt), (Some(FileFailure::Unreadable), 1));
    stage.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_misbehaves_costs_one_attempt() -> TestResult {
    let cases = [
        (
            "cat > /dev/null; echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
            "ran out of memory",
        ),
        ("cat > /dev/null; kill -SEGV $$", "crashed with signal 11"),
        ("cat > /dev/null; kill -KILL $$", "crashed with signal 9"),
        ("exit 101", "panicked"),
        ("exec 0<&-; exit 7", "ended with code 7"),
        ("cat > /dev/null; while :; do :; done", "took longer than 5 s"),
        ("while :; do :; done", "took longer than 5 s"),
        ("cat > /dev/null", "answered nonsense"),
        ("exec 1>&-; cat > /dev/null", "answered nonsense"),
        ("cat", "answered nonsense"),
        ("cat > /dev/null; exec yes", "answered too much"),
        ("cat > /dev/null; yes | head -c 1000000 >&2; exit 3", "ended with code 3"),
    ];
    try_join_all(cases.map(|(how, reason)| costs_one_attempt(how, reason))).await?;
    Ok(())
}

async fn costs_one_attempt(how: &str, reason: &str) -> TestResult {
    let mut stage = Stage::new(|folder| misbehaving(folder, how)).await?;
    let (file, task) = stage.processed("notes.txt", vec![b'x'; 200_000]).await?;
    let error = task.last_error.unwrap_or_default();
    assert!(error.contains(reason), "{how}: {error}");
    let ended = (file.status, task.state, task.attempt);
    assert_eq!(ended, (FileStatus::Completed, TaskState::Succeeded, 2), "{how}: {error}");
    stage.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_every_child_down_is_unreadable_and_the_others_are_processed() -> TestResult {
    let memory = 48 * 1024 * 1024;
    let mut stage = Stage::new(|_| MediaChild { memory, ..real_child() }).await?;
    // Small as a file, and 90 MB once it is decoded.
    let mut huge = Vec::new();
    RgbImage::new(6000, 5000).write_to(&mut std::io::Cursor::new(&mut huge), ImageFormat::Png)?;
    let (huge, task) = stage.processed("huge.png", huge).await?;
    assert_eq!((huge.status, huge.failure), (FileStatus::Failed, Some(FileFailure::Unreadable)));
    assert_eq!((task.state, task.attempt, task.crashes), (TaskState::Dead, 3, 0));
    let error = task.last_error.unwrap_or_default();
    assert!(error.contains("the media process ran out of memory"), "{error}");

    let (picture, task) = stage.processed("sky.jpg", photograph()?).await?;
    assert_eq!((picture.status, task.attempt), (FileStatus::Completed, 1));
    stage.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_picture_that_is_taken_fits_into_the_usual_memory() -> TestResult {
    let mut stage = Stage::new(|_| real_child()).await?;
    // 32 megapixels with transparency: 128 MB once it is decoded.
    let mut large = Vec::new();
    image::RgbaImage::from_pixel(8000, 4000, image::Rgba([1, 2, 3, 4]))
        .write_to(&mut std::io::Cursor::new(&mut large), ImageFormat::Png)?;
    let (file, task) = stage.processed("large.png", large).await?;
    assert_eq!((file.status, file.failure, task.last_error), (FileStatus::Completed, None, None));
    stage.end().await
}
