//! Pictures: what a client learns before it loads them, and what bad ones do.

use std::io::Cursor;

use image::{
    Delay, Frame, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder,
};
use plaza_tests::{Options, Plaza, Setup, both_setups, client::User, pictures::photograph};
use serde_json::{Value, json};

both_setups!(
    a_picture_tells_what_it_looks_like_before_it_is_loaded,
    an_animation_is_shown_whole_and_begins_in_its_variants,
    pictures_that_are_damaged_fail_and_say_why,
    a_picture_that_takes_too_much_memory_fails_and_the_others_are_processed,
);

const BLUE: [u8; 3] = [20, 40, 200];
const RED: [u8; 3] = [200, 20, 40];

fn plain(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = RgbImage::from_pixel(width, height, Rgb(BLUE));
    image.write_to(&mut Cursor::new(&mut bytes), format).expect("a picture");
    bytes
}

fn animation() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for [red, green, blue] in [BLUE, RED, BLUE] {
        let image = RgbaImage::from_pixel(400, 200, Rgba([red, green, blue, 255]));
        let delay = Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(Frame::from_parts(image, 0, 0, delay)).expect("a frame");
    }
    drop(encoder);
    bytes
}

async fn a_picture_tells_what_it_looks_like_before_it_is_loaded(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("blue.png", plain(ImageFormat::Png, 600, 300)).await;
    let file = ada.processed(&file_id).await;
    assert_eq!((&file["width"], &file["height"]), (&json!(600), &json!(300)), "{file}");
    assert_eq!(file["dominant_color"], "#1428c8");
    assert_eq!(file["is_animated"], false);
    // Four waves by two: six characters, and two for each wave but the first.
    assert_eq!(file["blur_hash"].as_str().map(str::len), Some(6 + 2 * 7), "{file}");

    let file_id = ada.upload_accepted("notes.txt", b"no picture".to_vec()).await;
    let file = ada.processed(&file_id).await;
    assert_eq!((&file["blur_hash"], &file["dominant_color"]), (&Value::Null, &Value::Null));
}

async fn an_animation_is_shown_whole_and_begins_in_its_variants(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("loop.gif", animation()).await;
    let file = ada.processed(&file_id).await;
    assert_eq!(file["is_animated"], true, "{file}");
    let original = ada.api.get(&format!("/files/{file_id}/content")).await;
    assert_eq!(original.body, animation());
    let thumbnail = ada.api.get(&format!("/files/{file_id}/variants/thumbnail")).await;
    let thumbnail = image::load_from_memory(&thumbnail.body).expect("a picture");
    assert_eq!(thumbnail.dimensions(), (256, 128));
    let pixel = thumbnail.get_pixel(128, 64).0;
    assert!(pixel[2] > 150 && pixel[0] < 80, "the first frame is blue: {pixel:?}");
}

async fn pictures_that_are_damaged_fail_and_say_why(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let whole = photograph(800, 600, 1);
    let jpeg = whole[..whole.len() / 2].to_vec();
    let mut png = plain(ImageFormat::Png, 300, 300);
    let checksum = png.len() - 16;
    png[checksum] ^= 0xFF;
    let mut webp = plain(ImageFormat::WebP, 300, 300);
    webp.truncate(webp.len() - 8);
    let gif = animation()[..60].to_vec();
    for (name, bytes) in [("a.jpg", jpeg), ("a.png", png), ("a.webp", webp), ("a.gif", gif)] {
        let file_id = ada.upload_accepted(name, bytes).await;
        let file = ada.processed(&file_id).await;
        assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("unreadable")), "{name}");
        assert_eq!(file["variants"], json!([]));
    }
}

async fn a_picture_that_takes_too_much_memory_fails_and_the_others_are_processed(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_WORKER__MEDIA_MEMORY_MB", "48").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    // Small as a file, and 90 MB once it is decoded.
    let huge = ada.upload_accepted("huge.png", plain(ImageFormat::Png, 6000, 5000)).await;
    let small = ada.upload_accepted("small.png", plain(ImageFormat::Png, 300, 300)).await;
    assert_eq!(ada.processed(&small).await["status"], "completed");
    let file = ada.processed(&huge).await;
    assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("unreadable")));
}
