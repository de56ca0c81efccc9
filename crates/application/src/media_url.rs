//! The short form by which simple clients know a picture: `/media/<file id>.<extension>`.

use plaza_domain::{FileId, InvalidInput};

const PREFIX: &str = "/media/";

/// The name of a file in its short form: `<file id>.<extension>`.
pub fn media_name(file_id: FileId, extension: &str) -> String {
    format!("{file_id}.{extension}")
}

/// The short form of a file.
pub fn media_url(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The file that a name in short form means.
pub fn file_id_of_name(name: &str) -> Option<FileId> {
    let (id, extension) = name.split_once('.')?;
    let is_plain = (1..=8).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    // UUIDs have other forms, too; a file has one name.
    let named = |file_id: &FileId| is_plain && file_id.to_string() == id;
    id.parse().ok().filter(named)
}

pub(crate) fn file_id_of(url: &str) -> Result<FileId, InvalidInput> {
    url.strip_prefix(PREFIX)
        .and_then(file_id_of_name)
        .ok_or_else(|| InvalidInput::single("image_url", "must be the url that uploading the picture gave"))
}
