//! Pictures and documents to upload, good and bad.

use image::{
    ExtendedColorType, ImageEncoder, Rgb, RgbImage, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder,
};

/// A JPEG as a camera writes it: `width` × `height` as stored, with an EXIF orientation (1 is upright, 6 is turned by
/// 90° counterclockwise) and a place (GPS) that nobody else should learn. The stored picture's left quarter is red, the
/// rest blue; upright, an orientation of 6 has the red at the top.
pub fn photograph(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let picture =
        RgbImage::from_fn(
            width,
            height,
            |x, _| {
                if x < width / 4 { Rgb([200, 20, 20]) } else { Rgb([20, 20, 200]) }
            },
        );
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 90)
        .write_image(&picture, width, height, ExtendedColorType::Rgb8)
        .expect("a JPEG");
    let mut photograph = jpeg[..2].to_vec();
    photograph.extend(exif(orientation));
    photograph.extend(&jpeg[2..]);
    photograph
}

/// What [`photograph`] hides in its metadata.
pub const CAMERA: &str = "PlazaTestCamera";

/// An APP1 segment with an orientation and the camera's name (Exif 2.3, TIFF 6.0).
fn exif(orientation: u16) -> Vec<u8> {
    let camera: Vec<u8> = CAMERA.bytes().chain([0]).collect();
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    // Entries are sorted by tag: 0x0110 Model (ASCII, behind the directory), 0x0112 Orientation (SHORT).
    let behind_directory = 8 + 2 + 2 * 12 + 4;
    tiff.extend([0x10, 0x01, 2, 0]);
    tiff.extend((camera.len() as u32).to_le_bytes());
    tiff.extend((behind_directory as u32).to_le_bytes());
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0]);
    tiff.extend(orientation.to_le_bytes());
    tiff.extend([0, 0, 0, 0, 0, 0]);
    tiff.extend(camera);
    let length = (2 + 6 + tiff.len()) as u16;
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(length.to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    segment
}

/// A small PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_pixel(width, height, Rgb([20, 200, 20]));
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&picture, width, height, ExtendedColorType::Rgb8).expect("a PNG");
    bytes
}

/// A PNG of a few bytes that would need gigabytes once decoded.
pub fn png_bomb() -> Vec<u8> {
    let mut bytes = png(8, 8);
    // The header chunk begins after the signature (8), its length (4) and its name (4).
    let header = 16..29;
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = crc32(&bytes[12..header.end]);
    bytes[header.end..header.end + 4].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// The checksum of PNG chunks (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// A program, as Linux starts them.
pub fn executable() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    bytes.resize(4096, 0);
    bytes
}

/// A PDF with that many empty pages.
pub fn pdf(pages: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" ")),
    ];
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>".to_owned();
    objects.extend(std::iter::repeat_n(page, pages));

    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = text.len();
    let size = objects.len() + 1;
    text.push_str(&format!("xref\n0 {size}\n0000000000 65535 f \n"));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    text.into_bytes()
}
