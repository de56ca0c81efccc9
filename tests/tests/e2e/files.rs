//! Files: processed by a worker, and seen by those who may.

use image::{GenericImageView, Rgba};
use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Answer, Api, Method, User, header},
    pictures::{CAMERA, pdf, photograph, png},
};
use serde_json::{Value, json};

both_setups!(
    a_photograph_gets_upright_variants_without_its_metadata,
    a_document_is_completed_with_its_pages,
    a_file_is_seen_by_its_owner_and_the_members_of_rooms_it_was_posted_in,
    content_is_served_in_parts_and_only_when_it_is_new,
    a_signed_link_works_without_a_login_and_for_nothing_else,
    the_short_form_is_uploaded_posted_and_shown,
    a_picture_that_is_cut_short_fails_and_says_why,
    somebody_elses_file_cannot_be_posted,
);

fn variant<'a>(file: &'a Value, name: &str) -> &'a Value {
    let variants = file["variants"].as_array().expect("variants");
    variants.iter().find(|variant| variant["name"] == name).unwrap_or_else(|| panic!("no {name} in {file}"))
}

/// Names, in no order that matters.
pub(crate) fn sorted(names: &Value) -> Vec<&str> {
    let mut names: Vec<_> = names.as_array().expect("names").iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names
}

async fn content(user: &User, file_id: &str) -> Answer {
    user.api.get(&format!("/files/{file_id}/content")).await
}

fn is_red(pixel: Rgba<u8>) -> bool {
    pixel[0] > 120 && pixel[2] < 100
}

async fn a_signed_link_works_without_a_login_and_for_nothing_else(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("notes.txt", b"only for friends".to_vec()).await;
    let signed_url = format!("/files/{file_id}/signed-url");
    let link = ada.api.post(&signed_url, &json!({})).await.expect(200);
    let link = link["url"].as_str().and_then(|url| url.strip_prefix("/api/v1")).expect("a link to the API");

    let stranger = Api::anonymous(plaza.b());
    let answer = stranger.get(link).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "only for friends"));
    for forged in [
        link.replace("original", "thumbnail"),
        link.replace(&file_id, "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f"),
        link.replace("expires=", "expires=9"),
        format!("{link}x"),
    ] {
        stranger.get(&forged).await.expect_problem(403);
    }
    stranger.get(&format!("/files/{file_id}/content")).await.expect_problem(401);
    let grace = User::register(plaza.b(), "grace").await;
    grace.api.post(&signed_url, &json!({})).await.expect_problem(404);
}

async fn a_photograph_gets_upright_variants_without_its_metadata(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    // Eight megapixels, held upright by somebody whose camera stores pictures lying.
    let picture = photograph(3264, 2448, 6);
    let size = picture.len();
    let answer = ada.upload("Holiday.JPG", picture).await;
    let receipt = answer.expect(202);
    assert_eq!(receipt["status"], "processing");
    assert!(receipt["task_id"].is_string());
    let file_id = receipt["file_id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), format!("/api/v1/files/{file_id}/status"));

    let file = ada.at(plaza.b()).processed(file_id).await;
    assert_eq!(file["status"], "completed", "{file}");
    assert_eq!((&file["width"], &file["height"]), (&json!(2448), &json!(3264)), "as it is seen");
    assert_eq!(file["media_type"], "image/jpeg");
    assert_eq!(file["size"], size);
    for (name, width, height) in [("thumbnail", 192, 256), ("preview", 960, 1280)] {
        let view = variant(&file, name);
        assert_eq!((&view["width"], &view["height"]), (&json!(width), &json!(height)));
        let url = view["url"].as_str().expect("a URL").replacen("/api/v1", "", 1);
        let answer = ada.api.get(&url).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), view["media_type"].as_str().expect("a type"));
        assert_eq!(view["size"], answer.body.len());
        assert!(!answer.text().contains(CAMERA), "the {name} still tells the camera");
        let picture = image::load_from_memory(&answer.body).expect("a picture");
        assert_eq!(picture.dimensions(), (width, height));
        assert!(is_red(picture.get_pixel(width / 2, height / 16)), "the {name}'s top is red");
        assert!(!is_red(picture.get_pixel(width / 16, height / 2)), "the {name}'s left is not");
    }
    let status = ada.api.get(&format!("/files/{file_id}/status")).await.expect(200);
    assert_eq!(sorted(&status["variants"]), ["preview", "thumbnail"]);
}

async fn a_document_is_completed_with_its_pages(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for (name, bytes, media_type, pages) in [
        ("report.pdf", pdf(3), "application/pdf", json!(3)),
        ("notes.txt", b"Remember the milk.\n".to_vec(), "text/plain", Value::Null),
    ] {
        let file_id = ada.upload_accepted(name, bytes.clone()).await;
        let file = ada.processed(&file_id).await;
        assert_eq!(file["status"], "completed", "{file}");
        assert_eq!(file["media_type"], media_type);
        assert_eq!(file["page_count"], pages);
        assert_eq!(file["name"], name);
        let served = content(&ada, &file_id).await;
        assert_eq!(served.body, bytes);
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert!(served.header("content-security-policy").contains("sandbox"));
    }
}

async fn a_file_is_seen_by_its_owner_and_the_members_of_rooms_it_was_posted_in(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_private_room("attic").await;
    ada.add(&room, &bob).await;
    let file_id = ada.upload_accepted("map.png", png(300, 300)).await;
    ada.processed(&file_id).await;
    let paths =
        ["", "/status", "/content", "/variants/thumbnail"].map(|path| format!("/files/{file_id}{path}"));
    for path in &paths {
        assert_eq!(ada.api.get(path).await.status, 200);
        for other in [&bob, &admin] {
            other.api.get(path).await.expect_problem(404);
        }
    }
    let message = json!({ "message_type": "file", "file_id": file_id, "content": "look" });
    ada.post_message(&room, &message).await.expect(201);
    for path in &paths {
        assert_eq!(bob.api.get(path).await.status, 200);
        admin.api.get(path).await.expect_problem(404);
    }
    bob.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    bob.api.get(&paths[2]).await.expect_problem(404);
}

async fn content_is_served_in_parts_and_only_when_it_is_new(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let text: Vec<u8> = (0..5000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let file_id = ada.upload_accepted("numbers.txt", text.clone()).await;
    let path = format!("/files/{file_id}/content");
    let whole = ada.api.get(&path).await;
    assert_eq!(whole.body, text);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert!(whole.header("cache-control").contains("private"));
    let etag = whole.header("etag").to_owned();

    let with = |name, value: &str| ada.api.request(Method::GET, &path).header(name, value);
    let same = ada.api.send(with(header::IF_NONE_MATCH, &etag)).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    let size = text.len();
    for (range, expected) in [
        ("bytes=0-9", 0..10),
        ("bytes=100-", 100..size),
        ("bytes=-20", size - 20..size),
        ("bytes=10-99999999", 10..size),
    ] {
        let part = ada.api.send(with(header::RANGE, range)).await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.body, text[expected.clone()], "{range}");
        let told = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), told);
    }
    let beyond = ada.api.send(with(header::RANGE, &format!("bytes={size}-"))).await;
    beyond.expect_problem(416);
    assert_eq!(beyond.header("content-range"), format!("bytes */{size}"));
    let changed = with(header::RANGE, "bytes=0-9").header(header::IF_RANGE, "\"another\"");
    assert_eq!(ada.api.send(changed).await.body, text);
}

async fn the_short_form_is_uploaded_posted_and_shown(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let bytes = png(32, 32);
    let receipt = ada.upload_to("/upload/image", "dot.png", bytes.clone()).await.expect(201);
    let url = receipt["url"].as_str().expect("a URL");
    let filename = receipt["filename"].as_str().expect("a name");
    assert_eq!(url, format!("/media/{filename}"));
    assert!(filename.ends_with(".png"));
    let message = json!({ "message_type": "image", "image_url": url });
    let posted = ada.post_message(&room, &message).await.expect(201);
    assert_eq!(posted["image_url"], url);
    for path in [format!("/{url}"), url.to_owned()] {
        let shown = bob.api.get(&path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.text());
        assert_eq!(shown.header("content-type"), "image/png");
        assert!(shown.header("content-disposition").starts_with("inline"));
        assert_eq!(shown.body, bytes);
    }
    let text = ada.upload_to("/upload/image", "notes.txt", b"words".to_vec()).await;
    text.expect_problem(422);
}

async fn a_picture_that_is_cut_short_fails_and_says_why(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.connect().await;
    socket.expect_type("hello").await;
    let mut picture = png(400, 400);
    picture.truncate(picture.len() / 2);
    let file_id = ada.upload_accepted("half.png", picture).await;
    let file = ada.processed(&file_id).await;
    assert_eq!(file["status"], "failed", "{file}");
    assert_eq!(file["failure"], "unreadable");
    let told =
        socket.expect("a failure", |frame| frame["type"] == "file" && frame["status"] == "failed").await;
    assert_eq!(told["file_id"], file_id.as_str());
    assert!(told["reason"].is_string());
}

async fn somebody_elses_file_cannot_be_posted(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let file_id = ada.upload_accepted("diary.txt", b"Dear diary".to_vec()).await;
    let room = bob.open_room("theft").await;
    let message = json!({ "message_type": "file", "file_id": file_id });
    let answer = bob.post_message(&room, &message).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    content(&bob, &file_id).await.expect_problem(404);
    assert!(bob.words(&room).await.is_empty());
}
