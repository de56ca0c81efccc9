//! A worker inside a server, on SQLite and files: no double in sight.

use futures::StreamExt;
use plaza_application::{
    events::{Event, UserEvent},
    ports::Delivery,
};
use plaza_domain::{FileStatus, VariantName};
use plaza_worker::MediaSettings;
use tokio::time::timeout;

use super::world::{SOON, TestResult, connect, next_status, photograph, register, upload};

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_processed_while_the_server_runs() -> TestResult {
    let folder = tempfile::tempdir()?;
    let plaza = connect(&folder, MediaSettings::InProcess).await?;
    let actor = register(&plaza).await?;
    let mut events = plaza.ports.bus.subscribe();

    let picture = upload(&plaza, &actor, "sky.jpg", photograph()?).await?.id;
    assert_eq!(next_status(&mut events, picture).await?, FileStatus::Processing);
    assert_eq!(next_status(&mut events, picture).await?, FileStatus::Completed);
    let (file, variants) = plaza.services.files.get(&actor, picture).await?;
    assert_eq!((file.width, file.height), (Some(2000), Some(1500)));
    let mut sizes: Vec<_> = variants.iter().map(|variant| (variant.name, variant.width)).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [(VariantName::Thumbnail, 256), (VariantName::Preview, 1280)]);
    let thumbnail = plaza.services.files.variant(&actor, picture, VariantName::Thumbnail).await?;
    let mut bytes = Vec::new();
    let mut content = plaza.services.files.open(&thumbnail, None).await?;
    while let Some(chunk) = content.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    assert_eq!(image::load_from_memory(&bytes)?.height(), 192);

    let broken = upload(&plaza, &actor, "cut.jpg", photograph()?[..9_000].to_vec()).await?.id;
    assert_eq!(next_status(&mut events, broken).await?, FileStatus::Processing);
    assert_eq!(next_status(&mut events, broken).await?, FileStatus::Failed);

    timeout(SOON, plaza.stop(SOON)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_at_once_are_all_processed() -> TestResult {
    let folder = tempfile::tempdir()?;
    let plaza = connect(&folder, MediaSettings::InProcess).await?;
    let actor = register(&plaza).await?;
    let mut events = plaza.ports.bus.subscribe();
    for number in 0..40 {
        upload(&plaza, &actor, "notes.txt", format!("note {number}").into_bytes()).await?;
    }
    let mut completed = 0;
    while completed < 40 {
        match timeout(SOON, events.next()).await? {
            Some(Delivery::Event(event)) => match event.as_ref() {
                Event::User(UserEvent::FileChanged { status: FileStatus::Completed, .. }) => completed += 1,
                Event::User(UserEvent::FileChanged { status: FileStatus::Processing, .. }) => {}
                other => return Err(format!("{other:?}").into()),
            },
            other => return Err(format!("{other:?}").into()),
        }
    }
    timeout(SOON, plaza.stop(SOON)).await?;
    Ok(())
}
