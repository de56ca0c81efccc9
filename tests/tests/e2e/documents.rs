//! Documents: their words, for those who may see them.

use std::io::{Cursor, Write};

use plaza_tests::{Plaza, Setup, both_setups, client::User, pictures::pdf};
use serde_json::json;
use zip::{ZipWriter, write::SimpleFileOptions};

both_setups!(
    the_words_of_documents_are_found,
    words_are_for_those_who_may_see_the_document,
    an_archive_that_unpacks_to_too_much_fails,
);

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a part");
        writer.write_all(content).expect("its bytes");
    }
    writer.finish().expect("an archive").into_inner()
}

fn letter(body: &str) -> Vec<u8> {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", b"<Relationships/>"),
        ("word/document.xml", document.as_bytes()),
    ])
}

async fn the_words_of_documents_are_found(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let long = "Lovelace ".repeat(200_000);
    let letter =
        letter("<w:p><w:r><w:t>Dear Ada &amp; co.</w:t></w:r></w:p><w:p><w:r><w:t>Grüße</w:t></w:r></w:p>");
    for (name, bytes, words) in [
        ("notes.txt", b"Remember the milk.\n".to_vec(), "Remember the milk.\n"),
        ("letter.docx", letter, "Dear Ada & co.\nGrüße\n"),
        ("long.md", long.clone().into_bytes(), &long[..1024 * 1024]),
    ] {
        let file_id = ada.upload_accepted(name, bytes).await;
        let file = ada.at(plaza.b()).processed(&file_id).await;
        assert_eq!(file["status"], "completed", "{file}");
        let text = ada.api.get(&format!("/files/{file_id}/text")).await;
        assert_eq!(text.status, 200, "{name}");
        assert!(text.header("content-type").starts_with("text/plain"));
        let is_truncated = text.header("plaza-truncated") == "true";
        assert_eq!(is_truncated, words.len() >= 1024 * 1024, "{name}");
        assert!(text.text() == words, "{name} says {} bytes", text.body.len());
    }
    let file_id = ada.upload_accepted("empty.pdf", pdf(2)).await;
    assert_eq!(ada.processed(&file_id).await["page_count"], 2);
    ada.api.get(&format!("/files/{file_id}/text")).await.expect_problem(404);
}

async fn words_are_for_those_who_may_see_the_document(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_private_room("attic").await;
    ada.add(&room, &bob).await;
    let file_id = ada.upload_accepted("diary.txt", b"Dear diary".to_vec()).await;
    ada.processed(&file_id).await;
    let text = format!("/files/{file_id}/text");
    bob.api.get(&text).await.expect_problem(404);
    ada.post_message(&room, &json!({ "message_type": "file", "file_id": file_id })).await.expect(201);
    assert_eq!(bob.api.get(&text).await.text(), "Dear diary");
}

async fn an_archive_that_unpacks_to_too_much_fails(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("bomb.docx", letter(&" ".repeat(80 * 1024 * 1024))).await;
    let file = ada.processed(&file_id).await;
    assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("unreadable")), "{file}");
}
