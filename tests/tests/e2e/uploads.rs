//! Uploads that are not taken.

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, Method, User},
    pictures::{executable, pdf, png, png_bomb},
};

both_setups!(
    what_is_not_what_its_name_says_is_refused,
    a_picture_with_too_many_pixels_is_refused,
    a_file_that_is_too_large_is_refused,
    what_is_no_form_with_a_file_is_refused,
    who_is_not_logged_in_uploads_nothing,
);

async fn what_is_not_what_its_name_says_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for (name, bytes) in [
        ("holiday.png", executable()),
        ("program", executable()),
        ("program.exe", b"MZ\x90\0\x03\0\0\0".repeat(64)),
        ("picture.jpg", png(8, 8)),
        ("picture.png", pdf(1)),
        ("page.html", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("picture.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("archive.zip", b"PK\x03\x04".repeat(64)),
        ("notes.txt", executable()),
    ] {
        let answer = ada.upload(name, bytes).await;
        let problem = answer.expect_problem(415);
        assert!(problem["detail"].is_string(), "{name}");
    }
}

async fn a_picture_with_too_many_pixels_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for path in ["/files/upload", "/upload/image"] {
        ada.upload_to(path, "bomb.png", png_bomb()).await.expect_problem(422);
    }
}

async fn a_file_that_is_too_large_is_refused(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_UPLOADS__MAX_BYTES", "100000").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let text = |size| vec![b'x'; size];
    ada.upload("large.txt", text(100_001)).await.expect_problem(413);
    let file_id = ada.upload_accepted("just.txt", text(100_000)).await;
    assert_eq!(ada.processed(&file_id).await["size"], 100_000);
}

async fn what_is_no_form_with_a_file_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let post = || ada.api.request(Method::POST, "/files/upload");
    let form = "multipart/form-data; boundary=x";
    for (what, request) in [
        ("no body", post()),
        ("JSON", post().header("content-type", "application/json").body("{}")),
        ("no boundary", post().header("content-type", "multipart/form-data").body("--x--")),
        ("no part", post().header("content-type", form).body("--x--\r\n")),
        (
            "another part",
            post()
                .header("content-type", form)
                .body("--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nhello\r\n--x--\r\n"),
        ),
        (
            "no name",
            post()
                .header("content-type", form)
                .body("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhello\r\n--x--\r\n"),
        ),
        (
            "cut short",
            post().header("content-type", form).body(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhel",
            ),
        ),
        (
            "an empty file",
            post().header("content-type", form).body(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n\r\n--x--\r\n",
            ),
        ),
    ] {
        let answer = ada.api.send(request).await;
        let status = answer.status.as_u16();
        assert!([400, 408, 415, 422].contains(&status), "{what}: {status} {}", answer.text());
        answer.expect_problem(status);
    }
}

async fn who_is_not_logged_in_uploads_nothing(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let anyone = Api::anonymous(plaza.a());
    for path in ["/files/upload", "/upload/image"] {
        anyone.post_empty(path).await.expect_problem(401);
    }
}
