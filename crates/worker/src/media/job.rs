//! What media work is asked for, and what comes of it.

use plaza_domain::{File, FileKind, VariantName};
use serde::{Deserialize, Serialize};

use super::{DocumentText, MediaError, PictureLimits, examine, render};

/// What shall be found out about some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MediaJob {
    /// What they were uploaded as.
    pub(crate) media_type: String,
    /// What shall be done.
    pub(crate) work: MediaWork,
}

/// What shall be done with some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MediaWork {
    /// Check a picture and make its variants.
    Picture {
        /// These.
        variants: Vec<VariantName>,
    },
    /// Check a document, find its pages and words.
    Document,
}

/// What was found out, and made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Examined {
    /// A picture's width in pixels, upright.
    pub(crate) width: Option<u32>,
    /// A picture's height in pixels, upright.
    pub(crate) height: Option<u32>,
    /// A document's pages, where it is cheap to tell.
    pub(crate) page_count: Option<u32>,
    /// What a picture looks like before it is there (BlurHash).
    pub(crate) blur_hash: Option<String>,
    /// The colour that a picture has most of, as 0xRRGGBB.
    pub(crate) dominant_color: Option<u32>,
    /// Whether a picture moves.
    pub(crate) is_animated: bool,
    /// A picture's variants.
    pub(crate) renditions: Vec<Rendition>,
    /// A document's words, where they could be found out.
    pub(crate) text: Option<DocumentText>,
}

/// The file of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rendition {
    /// Which variant.
    pub(crate) name: VariantName,
    /// What it is.
    pub(crate) format: RenditionFormat,
    /// Its width in pixels.
    pub(crate) width: u32,
    /// Its height in pixels.
    pub(crate) height: u32,
    /// The file.
    #[serde(skip)]
    pub(crate) bytes: Vec<u8>,
}

/// What variants are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RenditionFormat {
    Jpeg,
    WebP,
}

impl RenditionFormat {
    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

impl MediaJob {
    /// What there is to do for an upload.
    pub(crate) fn of(file: &File) -> Self {
        let work = match file.kind {
            FileKind::Image => MediaWork::Picture { variants: VariantName::of(file.purpose).to_vec() },
            FileKind::Document => MediaWork::Document,
        };
        Self { media_type: file.media_type.clone(), work }
    }

    /// Does it. This is slow, and the bytes are not to be trusted.
    pub(super) fn run(&self, bytes: &[u8]) -> Result<Examined, MediaError> {
        match &self.work {
            MediaWork::Picture { variants } => {
                render(bytes, &self.media_type, variants, PictureLimits::default())
            }
            MediaWork::Document => Ok(examine(bytes, &self.media_type)?),
        }
    }
}
