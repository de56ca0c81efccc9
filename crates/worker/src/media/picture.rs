//! A picture and its variants: upright, without metadata, never enlarged.

use std::borrow::Cow;

use fast_image_resize::{ResizeOptions, Resizer};
use image::{DynamicImage, ImageFormat, metadata::Orientation};
use plaza_domain::VariantName;

use super::{
    Examined, MediaError, PictureLimits, Rendition,
    decode::{Decoded, decode},
    encode::{Style, encode},
    placeholder::{LONGEST_SIDE, placeholder},
};

/// Decodes a picture of that media type (of an animated one the first frame) and makes its variants. The same bytes
/// give the same variants.
///
/// # Errors
/// Why the picture is refused, or what failed that is not its fault.
pub(crate) fn render(
    bytes: &[u8],
    media_type: &str,
    variants: &[VariantName],
    limits: PictureLimits,
) -> Result<Examined, MediaError> {
    let Decoded { pixels, orientation, icc_profile, format, is_animated } =
        decode(bytes, media_type, limits)?;
    let style = Style { lossless_source: format != ImageFormat::Jpeg, icc_profile: icc_profile.as_deref() };
    let (width, height) = upright_size(&pixels, orientation);
    let mut workshop = Workshop { resizer: Resizer::new(), orientation, style };

    let mut renditions = Vec::with_capacity(variants.len() + 1);
    if variants.contains(&VariantName::Avatar) {
        let square = workshop.square(&pixels, VariantName::Avatar.longest_side())?;
        renditions.push(workshop.finish(VariantName::Avatar, &square)?);
    }
    // From large to small, each from the one before: the full size is dropped as soon as it was used.
    let mut names: Vec<_> = variants.iter().copied().filter(|name| *name != VariantName::Avatar).collect();
    names.sort_unstable_by_key(|name| std::cmp::Reverse(name.longest_side()));
    let mut current = pixels;
    for name in names {
        current = workshop.shrink(current, name.longest_side())?;
        renditions.push(workshop.finish(name, &current)?);
    }
    renditions.sort_by_key(|made| variants.iter().position(|wanted| *wanted == made.name));

    let mut small = workshop.shrink(current, LONGEST_SIDE)?;
    small.apply_orientation(orientation);
    let placeholder = placeholder(&small)?;
    Ok(Examined {
        width: Some(width),
        height: Some(height),
        blur_hash: Some(placeholder.blur_hash),
        dominant_color: placeholder.dominant_color,
        is_animated,
        renditions,
        ..Examined::default()
    })
}

fn upright_size(image: &DynamicImage, orientation: Orientation) -> (u32, u32) {
    let (width, height) = (image.width(), image.height());
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
    }
}

/// What all variants of a picture are made with.
struct Workshop<'a> {
    resizer: Resizer,
    orientation: Orientation,
    style: Style<'a>,
}

impl Workshop<'_> {
    /// The picture with at most that many pixels a side.
    fn shrink(&mut self, image: DynamicImage, longest_side: u32) -> Result<DynamicImage, MediaError> {
        let (width, height) = (image.width(), image.height());
        let longest = width.max(height);
        if longest <= longest_side {
            return Ok(image);
        }
        let scaled = |side: u32| {
            let rounded =
                (u64::from(side) * u64::from(longest_side) + u64::from(longest / 2)) / u64::from(longest);
            u32::try_from(rounded).unwrap_or(longest_side).max(1)
        };
        self.resize(&image, (scaled(width), scaled(height)), &ResizeOptions::new())
    }

    /// The square in the middle, with at most that many pixels a side.
    fn square(&mut self, image: &DynamicImage, longest_side: u32) -> Result<DynamicImage, MediaError> {
        let side = image.width().min(image.height());
        let (left, top) = ((image.width() - side) / 2, (image.height() - side) / 2);
        let crop = ResizeOptions::new().crop(left.into(), top.into(), side.into(), side.into());
        let side = side.min(longest_side);
        self.resize(image, (side, side), &crop)
    }

    /// The default is Lanczos with three lobes, and takes transparency into account.
    fn resize(
        &mut self,
        image: &DynamicImage,
        (width, height): (u32, u32),
        options: &ResizeOptions,
    ) -> Result<DynamicImage, MediaError> {
        let mut smaller = DynamicImage::new(width, height, image.color());
        self.resizer
            .resize(image, &mut smaller, options)
            .map_err(|error| MediaError::Internal(error.into()))?;
        Ok(smaller)
    }

    fn finish(&self, name: VariantName, image: &DynamicImage) -> Result<Rendition, MediaError> {
        let mut upright = Cow::Borrowed(image);
        if self.orientation != Orientation::NoTransforms {
            upright.to_mut().apply_orientation(self.orientation);
        }
        let (width, height) = (upright.width(), upright.height());
        let file = encode(&upright, self.style)?;
        Ok(Rendition { name, format: file.format, width, height, bytes: file.bytes })
    }
}

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod tests;
