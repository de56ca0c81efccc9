//! A worker inside a server, on SQLite and files: no double in sight.

use std::{error::Error, io::Cursor, time::Duration};

use futures::{StreamExt, stream};
use image::{ImageFormat, Rgb, RgbImage};
use plaza_application::{
    Actor, Registration,
    events::{Event, UserEvent},
    ports::{Delivery, EventStream},
};
use plaza_domain::{Device, FileId, FileStatus, VariantName};
use plaza_infrastructure::{
    config::{Config, Overrides, Sources},
    wiring::{Plaza, Role},
};
use tempfile::TempDir;
use tokio::time::timeout;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

const SOON: Duration = Duration::from_secs(30);

async fn connect(folder: &TempDir) -> TestResult<Plaza> {
    let overrides = Overrides::default()
        .with("data_dir", Some(folder.path().display()))
        .with("auth.bcrypt_cost", Some(4));
    let config = Config::from_sources(&Sources { overrides, ..Sources::default() })?;
    let plaza = Plaza::connect(&config, Role::Server).await?;
    plaza_worker::start(&plaza, &config.worker, SOON);
    Ok(plaza)
}

async fn register(plaza: &Plaza) -> TestResult<Actor> {
    let auth = &plaza.services.auth;
    let registration = Registration {
        email: "ada@example.org".to_owned(),
        username: "ada".to_owned(),
        display_name: None,
        password: "correct horse battery".to_owned(),
    };
    auth.register(registration).await?;
    let login = auth.login("ada", "correct horse battery", Device::default()).await?;
    Ok(auth.authenticate(&login.access_token).await?)
}

async fn upload(plaza: &Plaza, actor: &Actor, name: &str, bytes: Vec<u8>) -> TestResult<FileId> {
    let body = stream::iter([Ok(bytes.into())]).boxed();
    Ok(plaza.services.files.upload(actor, name, body, |_| Ok(())).await?.file.id)
}

async fn next_status(events: &mut EventStream, id: FileId) -> TestResult<FileStatus> {
    while let Some(delivery) = timeout(SOON, events.next()).await? {
        let Delivery::Event(event) = delivery else { continue };
        if let Event::User(UserEvent::FileChanged { file_id, status, .. }) = event.as_ref()
            && *file_id == id
        {
            return Ok(*status);
        }
    }
    Err("the bus has ended".into())
}

fn photograph() -> TestResult<Vec<u8>> {
    let mut bytes = Vec::new();
    RgbImage::from_fn(2000, 1500, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]))
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)?;
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_processed_while_the_server_runs() -> TestResult {
    let folder = tempfile::tempdir()?;
    let plaza = connect(&folder).await?;
    let actor = register(&plaza).await?;
    let mut events = plaza.ports.bus.subscribe();

    let picture = upload(&plaza, &actor, "sky.jpg", photograph()?).await?;
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

    let broken = upload(&plaza, &actor, "cut.jpg", photograph()?[..9_000].to_vec()).await?;
    assert_eq!(next_status(&mut events, broken).await?, FileStatus::Processing);
    assert_eq!(next_status(&mut events, broken).await?, FileStatus::Failed);

    timeout(SOON, plaza.stop(SOON)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_at_once_are_all_processed() -> TestResult {
    let folder = tempfile::tempdir()?;
    let plaza = connect(&folder).await?;
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
