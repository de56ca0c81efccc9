//! `plaza admin rotate-keys`: another key for access tokens.

use plaza_application::{Result, Services};
use plaza_domain::SigningKey;
use poem_openapi::Object;

use super::Report;
use crate::{UtcTime, cli::table::facts};

/// A key that was announced.
#[derive(Object)]
struct AnnouncedKeyView {
    /// What tokens will name it by.
    kid: String,
    /// From when on it signs.
    signs_from: UtcTime,
}

impl From<SigningKey> for AnnouncedKeyView {
    fn from(key: SigningKey) -> Self {
        Self { kid: key.kid, signs_from: key.signs_from.into() }
    }
}

pub(super) async fn rotate(services: &Services) -> Result<Report> {
    let key = services.signing_keys.rotate().await?;
    let text = facts([("key", key.kid.clone()), ("signs from", key.signs_from.to_rfc3339())]);
    Ok(Report::new(&AnnouncedKeyView::from(key), text))
}
