//! What clients show before a picture is there: a blur of a few bytes, and one colour.

use std::collections::BTreeMap;

use image::{DynamicImage, Rgba, RgbaImage};

use super::MediaError;

/// The longest side of what is looked at: a blur has no details.
pub(super) const LONGEST_SIDE: u32 = 32;
/// Waves along the longer side of a blur; along the other as many as its length asks for.
const COMPONENTS: u32 = 4;
/// Colours that agree in so many high bits of each channel count as the same.
const COLOR_BITS: u8 = 4;
const WHITE: u32 = u8::MAX as u32;

/// What stands in for a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// A BlurHash (<https://blurha.sh>).
    pub(super) blur_hash: String,
    /// The colour that it has most of, as 0xRRGGBB; `None` when nothing of it can be seen.
    pub(super) dominant_color: Option<u32>,
}

/// Sums up a picture that was scaled down before.
pub(super) fn placeholder(small: &DynamicImage) -> Result<Placeholder, MediaError> {
    let mut pixels = small.to_rgba8();
    let dominant_color = dominant_color(&pixels);
    pixels.pixels_mut().for_each(on_white);
    let (width, height) = pixels.dimensions();
    let (x, y) = components(width, height);
    let blur_hash = blurhash::encode(x, y, width, height, &pixels)
        .map_err(|error| MediaError::Internal(error.to_string().into()))?;
    Ok(Placeholder { blur_hash, dominant_color })
}

fn components(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    let share = |side: u32| (COMPONENTS * side).div_ceil(longest).clamp(1, COMPONENTS);
    (share(width), share(height))
}

fn on_white(pixel: &mut Rgba<u8>) {
    let alpha = u32::from(pixel.0[3]);
    for channel in &mut pixel.0[..3] {
        let mixed = (u32::from(*channel) * alpha + WHITE * (WHITE - alpha)) / WHITE;
        *channel = u8::try_from(mixed).unwrap_or(u8::MAX);
    }
}

/// The average of the colours that most of what can be seen has nearly.
fn dominant_color(pixels: &RgbaImage) -> Option<u32> {
    #[derive(Default)]
    struct Sum {
        weight: u64,
        channels: [u64; 3],
    }

    let mut sums = BTreeMap::<[u8; 3], Sum>::new();
    for Rgba([red, green, blue, alpha]) in pixels.pixels() {
        let color = [*red, *green, *blue];
        let sum = sums.entry(color.map(|channel| channel >> (8 - COLOR_BITS))).or_default();
        sum.weight += u64::from(*alpha);
        for (total, channel) in sum.channels.iter_mut().zip(color) {
            *total += u64::from(channel) * u64::from(*alpha);
        }
    }
    let most = sums.into_values().max_by_key(|sum| sum.weight).filter(|sum| sum.weight > 0)?;
    let average = most.channels.map(|total| (total + most.weight / 2) / most.weight);
    u32::try_from(average.into_iter().fold(0, |color, channel| color << 8 | channel)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Result<Placeholder, MediaError> {
        placeholder(&RgbaImage::from_fn(width, height, |x, y| Rgba(pixel(x, y))).into())
    }

    #[test]
    fn the_colour_that_covers_most_wins() -> Result<(), MediaError> {
        let found = of(32, 16, |x, _| if x < 20 { [200, 30, 40, 255] } else { [0, 0, 255, 255] })?;
        assert_eq!(found.dominant_color, Some(0x00c8_1e28));
        Ok(())
    }

    #[test]
    fn what_is_not_seen_has_no_colour() -> Result<(), MediaError> {
        assert_eq!(of(4, 4, |_, _| [255, 0, 0, 0])?.dominant_color, None);
        let mostly = of(4, 4, |x, _| if x == 0 { [9, 9, 9, 255] } else { [255, 0, 0, 0] })?;
        assert_eq!(mostly.dominant_color, Some(0x0009_0909));
        Ok(())
    }

    #[test]
    fn a_blur_has_waves_along_its_longer_side() -> Result<(), MediaError> {
        for (size, waves) in [((32, 32), (4, 4)), ((32, 18), (4, 3)), ((10, 32), (2, 4)), ((32, 1), (4, 1))] {
            let hash = of(size.0, size.1, |x, y| [x as u8 * 7, y as u8 * 7, 90, 255])?.blur_hash;
            assert_eq!(components(size.0, size.1), waves);
            assert_eq!(hash.len() as u32, 4 + 2 * waves.0 * waves.1, "{hash}");
        }
        Ok(())
    }
}
