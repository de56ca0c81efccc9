//! Uploads.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{FileId, Sha256, TaskId, Timestamp, UserId, Violation, user::text, validation::is_direction};

text!(
    /// An upload's name, without a path; 1 to 255 characters.
    FileName
);

impl FileName {
    /// Takes the last part of what a client called the file.
    ///
    /// # Errors
    /// When nothing is left, or more than 255 characters are.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let cleaned: String = last.chars().filter(|c| !c.is_control() && !is_direction(*c)).collect();
        let cleaned = cleaned.trim().to_owned();
        let count = cleaned.chars().count();
        if (1..=255).contains(&count) && cleaned != "." && cleaned != ".." {
            Ok(Self(cleaned))
        } else {
            Err(Violation::new("file", "must have a name of 1 to 255 characters"))
        }
    }

    /// What follows the last dot, in lower case; empty when there is none.
    pub fn extension(&self) -> String {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
    }
}

/// How a file is processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture: gets variants.
    Image,
    /// A text, PDF or office file.
    Document,
}

impl FileKind {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Image, Self::Document].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How far processing got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// Stored; no worker has begun.
    Pending,
    /// A worker is at it.
    Processing,
    /// Done.
    Completed,
    /// Given up; [`File::failure`] says why.
    Failed,
}

impl FileStatus {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Processing, Self::Completed, Self::Failed]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// What a file was uploaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilePurpose {
    /// To be shown in messages.
    Attachment,
    /// To be the picture of its owner.
    Avatar,
    /// Made by the server: everything about its owner, for them alone.
    Export,
}

impl FilePurpose {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Avatar => "avatar",
            Self::Export => "export",
        }
    }

    /// The purpose that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Attachment, Self::Avatar, Self::Export].into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// Whether a file was looked through for malicious software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanState {
    /// Nobody asked for it when the file was uploaded.
    NotRequired,
    /// Not yet: until then nobody is given its bytes.
    Pending,
    /// Nothing was found.
    Clean,
    /// Something was found: nobody is ever given its bytes.
    Infected,
}

impl ScanState {
    const ALL: [Self; 4] = [Self::NotRequired, Self::Pending, Self::Clean, Self::Infected];

    /// The word for it in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequired => "not_required",
            Self::Pending => "pending",
            Self::Clean => "clean",
            Self::Infected => "infected",
        }
    }

    /// The state that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Why a file could not be processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFailure {
    /// Its bytes are not what its type promises: damaged, cut short, or something else.
    Unreadable,
    /// More pixels than are decoded.
    TooManyPixels,
    /// Its content is of another type than it was uploaded as.
    WrongType,
    /// Malicious software was found in it.
    Infected,
    /// Its bytes are gone from the object store.
    Missing,
    /// Processing failed again and again for a reason that is not the file's.
    GaveUp,
    /// Who runs the server called processing off.
    Cancelled,
}

impl FileFailure {
    const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::TooManyPixels,
        Self::WrongType,
        Self::Infected,
        Self::Missing,
        Self::GaveUp,
        Self::Cancelled,
    ];

    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooManyPixels => "too_many_pixels",
            Self::WrongType => "wrong_type",
            Self::Infected => "infected",
            Self::Missing => "missing",
            Self::GaveUp => "gave_up",
            Self::Cancelled => "cancelled",
        }
    }

    /// The failure that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.as_str() == word)
    }
}

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// The task that processes it.
    pub task_id: TaskId,
    /// What its owner called it.
    pub name: FileName,
    /// What it was uploaded for.
    pub purpose: FilePurpose,
    /// How it is processed.
    pub kind: FileKind,
    /// Its media type (RFC 6838), found by looking at its content.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// What its bytes hash to: the key of its blob.
    pub sha256: Sha256,
    /// How far processing got.
    pub status: FileStatus,
    /// Why processing failed.
    pub failure: Option<FileFailure>,
    /// Its width in pixels, upright, once known.
    pub width: Option<u32>,
    /// Its height in pixels, upright, once known.
    pub height: Option<u32>,
    /// Its number of pages, once known.
    pub page_count: Option<u32>,
    /// What a picture looks like before it is there (BlurHash), once known.
    pub blur_hash: Option<String>,
    /// The colour that a picture has most of, as 0xRRGGBB, once known.
    pub dominant_color: Option<u32>,
    /// Whether a picture moves.
    pub is_animated: bool,
    /// Whether it was looked through for malicious software.
    pub scan: ScanState,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// When it was deleted; what is left then only tells messages that there was something.
    pub deleted_at: Option<Timestamp>,
}

impl File {
    /// Whether only its row is left.
    pub const fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// A file's place among all, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// The file.
    pub id: FileId,
}

impl FilePlace {
    /// The place that a text means which it was made to by [`Display`](fmt::Display).
    pub fn parse(text: &str) -> Option<Self> {
        let (micros, id) = text.split_once(' ')?;
        let created_at = Timestamp::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Self { created_at, id: id.parse().ok()? })
    }
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.created_at.timestamp_micros(), self.id)
    }
}

/// Which derived image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantName {
    /// At most 256 pixels a side.
    Thumbnail,
    /// At most 1280 pixels a side.
    Preview,
    /// A square from the middle, at most 256 pixels a side.
    Avatar,
}

impl VariantName {
    /// Every variant that there is.
    pub const ALL: [Self; 3] = [Self::Thumbnail, Self::Preview, Self::Avatar];

    /// Those that a picture gets.
    pub const fn of(purpose: FilePurpose) -> &'static [Self] {
        match purpose {
            FilePurpose::Attachment => &[Self::Thumbnail, Self::Preview],
            FilePurpose::Avatar => &[Self::Thumbnail, Self::Preview, Self::Avatar],
            FilePurpose::Export => &[],
        }
    }

    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Preview => "preview",
            Self::Avatar => "avatar",
        }
    }

    /// The variant that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// The longest side, in pixels. Smaller pictures are not enlarged.
    pub const fn longest_side(self) -> u32 {
        match self {
            Self::Thumbnail | Self::Avatar => 256,
            Self::Preview => 1280,
        }
    }
}

/// A derived image of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The file.
    pub file_id: FileId,
    /// Which variant.
    pub name: VariantName,
    /// Its media type.
    pub media_type: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its length in bytes.
    pub size: u64,
    /// What its bytes hash to: the key of its blob.
    pub sha256: Sha256,
}

/// The words of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// The file.
    pub file_id: FileId,
    /// What it says, at most [`MAX_FILE_TEXT`] bytes.
    pub content: String,
    /// Whether it says more than that.
    pub is_truncated: bool,
}

/// The most bytes that are kept of a document's words.
pub const MAX_FILE_TEXT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let created_at = Timestamp::from_timestamp_micros(1_767_225_600_123_456);
        let place = created_at.map(|created_at| FilePlace { created_at, id: FileId::new(uuid::Uuid::max()) });
        assert!(place.is_some());
        assert_eq!(place.and_then(|place| FilePlace::parse(&place.to_string())), place);
        for text in ["", "1", "now 01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f", "1 x"] {
            assert_eq!(FilePlace::parse(text), None);
        }
    }

    #[test]
    fn a_file_name_has_no_path() {
        for text in ["/etc/passwd", "..\\..\\passwd", "passwd", " passwd\u{0} "] {
            assert_eq!(FileName::parse(text).map(FileName::into_string), Ok("passwd".to_owned()));
        }
        for text in ["", "..", "a/", "\u{0}"] {
            assert!(FileName::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
