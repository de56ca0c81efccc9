//! Avatars: pictures of users that everybody sees.

use image::{GenericImageView, ImageFormat, Rgb, RgbImage};
use plaza_tests::{Plaza, Setup, both_setups, client::User, pictures::png};
use serde_json::{Value, json};

both_setups!(
    an_avatar_is_seen_by_everybody_while_it_is_one,
    only_ones_own_finished_picture_becomes_an_avatar,
);

const UPLOAD: &str = "/files/upload?purpose=avatar";

/// A green square between two red ones.
fn portrait() -> Vec<u8> {
    let mut bytes = Vec::new();
    RgbImage::from_fn(900, 300, |x, _| Rgb(if (300..600).contains(&x) { [0, 200, 0] } else { [200, 0, 0] }))
        .write_to(&mut std::io::Cursor::new(&mut bytes), ImageFormat::Png)
        .expect("a picture");
    bytes
}

async fn uploaded(user: &User, path: &str, bytes: Vec<u8>) -> String {
    let receipt = user.upload_to(path, "me.png", bytes).await.expect(202);
    let file_id = receipt["file_id"].as_str().expect("an id").to_owned();
    assert_eq!(user.processed(&file_id).await["status"], "completed");
    file_id
}

async fn an_avatar_is_seen_by_everybody_while_it_is_one(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    assert_eq!(ada.api.get("/users/me").await.expect(200)["avatar_url"], Value::Null);
    let file_id = uploaded(&ada, UPLOAD, portrait()).await;
    let avatar = format!("/files/{file_id}/variants/avatar");
    bob.api.get(&avatar).await.expect_problem(404);

    let me = ada.api.put("/users/me/avatar", &json!({ "file_id": file_id })).await.expect(200);
    assert_eq!(me["avatar_url"], format!("/api/v1{avatar}"));
    let profile = bob.api.get(&format!("/users/{}", ada.id)).await.expect(200);
    assert_eq!(profile["avatar_url"], me["avatar_url"]);
    let shown = bob.api.get(&avatar).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    let picture = image::load_from_memory(&shown.body).expect("a picture");
    assert_eq!(picture.dimensions(), (256, 256));
    for (x, y) in [(4, 4), (128, 128), (251, 251)] {
        let pixel = picture.get_pixel(x, y).0;
        assert!(pixel[1] > 150 && pixel[0] < 60, "the middle is green: {pixel:?}");
    }
    assert_eq!(bob.api.get(&format!("/files/{file_id}/variants/thumbnail")).await.status, 200);
    let link = json!({ "part": "avatar" });
    bob.api.post(&format!("/files/{file_id}/signed-url"), &link).await.expect(200);
    // What a camera wrote into it is not for everybody.
    for path in ["", "/content", "/status"] {
        bob.api.get(&format!("/files/{file_id}{path}")).await.expect_problem(404);
    }

    ada.api.delete("/users/me/avatar").await.expect(204);
    bob.api.get(&avatar).await.expect_problem(404);
    assert_eq!(bob.api.get(&format!("/users/{}", ada.id)).await.expect(200)["avatar_url"], Value::Null);
    assert_eq!(ada.api.get(&avatar).await.status, 200);
}

async fn only_ones_own_finished_picture_becomes_an_avatar(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    ada.upload_to(UPLOAD, "notes.txt", b"no face".to_vec()).await.expect_problem(422);
    ada.upload_to("/files/upload?purpose=fun", "me.png", png(8, 8)).await.expect_problem(400);

    let attachment = uploaded(&ada, "/files/upload", png(64, 64)).await;
    let theirs = uploaded(&bob, UPLOAD, portrait()).await;
    let set = async |file_id: &str| ada.api.put("/users/me/avatar", &json!({ "file_id": file_id })).await;
    set(&attachment).await.expect_problem(422);
    set(&theirs).await.expect_problem(404);
    set("01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f").await.expect_problem(404);
    let mut half = portrait();
    half.truncate(half.len() / 2);
    let receipt = ada.upload_to(UPLOAD, "half.png", half).await.expect(202);
    let failed = receipt["file_id"].as_str().expect("an id");
    assert_eq!(ada.processed(failed).await["status"], "failed");
    set(failed).await.expect_problem(422);
    assert_eq!(ada.api.get("/users/me").await.expect(200)["avatar_url"], Value::Null);
}
