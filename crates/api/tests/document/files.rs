//! Files: uploads, what they become, what they take up, and links to them.

use std::time::Duration;

use reqwest::{
    header,
    multipart::{Form, Part},
};
use serde_json::json;
use tokio::time::{interval, timeout};

use super::{
    client::{Checked, CheckingClient, TestResult},
    story::NOBODY,
};

pub(super) async fn files(client: &mut CheckingClient) -> TestResult {
    let form = || Form::new().part("file", Part::bytes(PICTURE).file_name("dot.png"));
    let accepted =
        client.call("POST /files/upload", "/files/upload", 202, |request| request.multipart(form())).await?;
    let file = format!("/files/{}", accepted.text("file_id")?);
    assert_eq!(accepted.header(header::LOCATION), format!("/api/v1{file}/status"));
    let nameless = Form::new().text("comment", "no file");
    client.call("POST /files/upload", "/files/upload", 422, |request| request.multipart(nameless)).await?;
    let disguised = Form::new().part("file", Part::bytes(&b"MZ\x90\0\x03"[..]).file_name("dot.png"));
    client.call("POST /files/upload", "/files/upload", 415, |request| request.multipart(disguised)).await?;

    let avatar = "/files/upload?purpose=avatar";
    let upload = "POST /files/upload";
    let made = client.call(upload, avatar, 202, |request| request.multipart(form())).await?;
    let text = Form::new().part("file", Part::bytes(&b"words"[..]).file_name("words.txt"));
    client.call(upload, avatar, 422, |request| request.multipart(text)).await?;
    self::avatar(client, &made.text("file_id")?).await?;

    let status = format!("{file}/status");
    until_completed(client, &status).await?;
    client.get("GET /files/{file_id}", &file, 200).await?;
    client.get("GET /files/{file_id}", &format!("/files/{NOBODY}"), 404).await?;
    let thumbnail = format!("{file}/variants/thumbnail");
    client.get("GET /files/{file_id}/variants/{name}", &thumbnail, 200).await?;
    content(client, &format!("{file}/content")).await?;
    signed_url(client, &file).await?;
    farewell(client).await?;

    let image =
        client.call("POST /upload/image", "/upload/image", 201, |request| request.multipart(form())).await?;
    let words = Form::new().part("file", Part::bytes(&b"words"[..]).file_name("words.txt"));
    client.call("POST /upload/image", "/upload/image", 422, |request| request.multipart(words)).await?;
    client.get("GET /media/{name}", &image.text("url")?, 200).await?;
    client.get("GET /media/{name}", "/media/made-up.png", 404).await?;
    Ok(())
}

async fn avatar(client: &mut CheckingClient, file_id: &str) -> TestResult {
    let (set, path) = ("PUT /users/me/avatar", "/users/me/avatar");
    until_completed(client, &format!("/files/{file_id}/status")).await?;
    let view = client.call(set, path, 200, |request| request.json(&json!({ "file_id": file_id }))).await?;
    let variant = view.text("avatar_url")?;
    let variant = variant.strip_prefix("/api/v1").ok_or("an avatar is in the API")?;
    client.get("GET /files/{file_id}/variants/{name}", variant, 200).await?;
    client.call(set, path, 404, |request| request.json(&json!({ "file_id": NOBODY }))).await?;
    client.get("DELETE /users/me/avatar", path, 204).await?;
    let text = "GET /files/{file_id}/text";
    client.get(text, &format!("/files/{file_id}/text"), 404).await?;
    let words = Form::new().part("file", Part::bytes(&b"words"[..]).file_name("words.txt"));
    let notes = client
        .call("POST /files/upload", "/files/upload", 202, |request| request.multipart(words))
        .await?
        .text("file_id")?;
    until_completed(client, &format!("/files/{notes}/status")).await?;
    client.get(text, &format!("/files/{notes}/text"), 200).await?;
    Ok(())
}

/// What one's files take up, and taking one back.
async fn farewell(client: &mut CheckingClient) -> TestResult {
    let (upload, delete) = ("POST /files/upload", "DELETE /files/{file_id}");
    let form = Form::new().part("file", Part::bytes(&b"some words"[..]).file_name("words.txt"));
    let accepted = client.call(upload, "/files/upload", 202, |request| request.multipart(form)).await?;
    let file = format!("/files/{}", accepted.text("file_id")?);
    let before = client.get("GET /users/me/storage", "/users/me/storage", 200).await?;
    client.get(delete, &file, 204).await?;
    client.get(delete, &file, 204).await?;
    client.get(delete, &format!("/files/{NOBODY}"), 404).await?;
    client.get("GET /files/{file_id}", &file, 404).await?;
    let after = client.get("GET /users/me/storage", "/users/me/storage", 200).await?;
    let used = |answer: &Checked| answer.body["used_bytes"].as_u64().unwrap_or_default();
    assert_eq!(used(&before) - used(&after), 10);
    Ok(())
}

async fn signed_url(client: &mut CheckingClient, file: &str) -> TestResult {
    let (operation, path) = ("POST /files/{file_id}/signed-url", format!("{file}/signed-url"));
    let asked = json!({ "part": "thumbnail", "expires_in": 600 });
    let link = client.call(operation, &path, 200, |request| request.json(&asked)).await?.text("url")?;
    let link = link.strip_prefix("/api/v1").ok_or("a link leads to the API")?;
    client.call(operation, &path, 422, |request| request.json(&json!({ "expires_in": 1 }))).await?;
    let operation = "GET /files/{file_id}/signed/{part}";
    client.get(operation, link, 200).await?;
    client.get(operation, &link.replace("thumbnail", "original"), 403).await?;
    Ok(())
}

async fn until_completed(client: &mut CheckingClient, status: &str) -> TestResult {
    let mut ticks = interval(Duration::from_millis(50));
    let completed = async {
        loop {
            ticks.tick().await;
            let view = client.get("GET /files/{file_id}/status", status, 200).await?;
            match view.body["status"].as_str() {
                Some("completed") => return Ok(()),
                Some("failed") => return Err(format!("the picture failed: {}", view.body).into()),
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(30), completed).await?
}

async fn content(client: &mut CheckingClient, path: &str) -> TestResult {
    let operation = "GET /files/{file_id}/content";
    let whole = client.get(operation, path, 200).await?;
    let etag = whole.header(header::ETAG).to_owned();
    client.call(operation, path, 304, |request| request.header(header::IF_NONE_MATCH, &etag)).await?;
    let part =
        client.call(operation, path, 206, |request| request.header(header::RANGE, "bytes=1-3")).await?;
    assert!(part.header(header::CONTENT_RANGE).starts_with("bytes 1-3/"));
    client.call(operation, path, 416, |request| request.header(header::RANGE, "bytes=9999-")).await?;
    Ok(())
}

/// A PNG of one red pixel.
const PICTURE: &[u8] = b"\
      \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\
      \x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\x0d\x49\x44\x41\x54\x78\x9c\x63\xf8\xcf\
      \xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99\x3d\x1d\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\
      \x82";
