//! A Plaza with a worker inside, on SQLite and files, and one user who uploads.

use std::{error::Error, io::Cursor, time::Duration};

use futures::{StreamExt, stream};
use image::{ImageFormat, Rgb, RgbImage};
use plaza_application::{
    Actor, Registration,
    events::{Event, UserEvent},
    ports::{Delivery, EventStream},
};
use plaza_domain::{Device, File, FileId, FileStatus};
use plaza_infrastructure::{
    config::{Config, Overrides, Sources},
    wiring::{Plaza, Role},
};
use plaza_worker::MediaSettings;
use tempfile::TempDir;
use tokio::time::timeout;

pub(super) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

pub(super) const SOON: Duration = Duration::from_secs(30);

pub(super) async fn connect(folder: &TempDir, media: MediaSettings) -> TestResult<Plaza> {
    let overrides = Overrides::default()
        .with("data_dir", Some(folder.path().display()))
        .with("auth.bcrypt_cost", Some(4));
    let config = Config::from_sources(&Sources { overrides, ..Sources::default() })?;
    let plaza = Box::pin(Plaza::connect(&config, Role::Server)).await?;
    plaza_worker::start(&plaza, &config, media, SOON);
    Ok(plaza)
}

pub(super) async fn register(plaza: &Plaza) -> TestResult<Actor> {
    let auth = &plaza.services.auth;
    let registration = Registration {
        email: "ada@example.org".to_owned(),
        username: "ada".to_owned(),
        display_name: None,
        password: "correct horse battery".to_owned(),
        invitation_code: None,
        device: Device::default(),
    };
    auth.register(registration).await?;
    let login = auth.login("ada", "correct horse battery", Device::default()).await?;
    Ok(auth.authenticate(&login.access_token).await?)
}

pub(super) async fn upload(plaza: &Plaza, actor: &Actor, name: &str, bytes: Vec<u8>) -> TestResult<File> {
    let body = stream::iter([Ok(bytes.into())]).boxed();
    Ok(plaza.services.files.upload(actor, name, body, |_| Ok(())).await?.file)
}

pub(super) async fn next_status(events: &mut EventStream, id: FileId) -> TestResult<FileStatus> {
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

pub(super) fn photograph() -> TestResult<Vec<u8>> {
    let mut bytes = Vec::new();
    RgbImage::from_fn(2000, 1500, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]))
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)?;
    Ok(bytes)
}
