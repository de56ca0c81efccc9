//! Files in a bucket: large ones, and what is told when the bucket is gone or was never there.

use std::time::Duration;

use plaza_tests::{
    Options, Setup, both_setups,
    client::User,
    servers::{Bucket, PrivateS3, until},
};

both_setups!(
    a_file_of_many_parts_is_served_as_it_was_uploaded,
    an_upload_that_is_refused_leaves_nothing_in_the_bucket,
    a_bucket_that_is_gone_is_told_and_its_return_is_enough,
    a_bucket_that_refuses_is_told_at_the_start,
);

const DEADLINE: Duration = Duration::from_secs(20);

/// Text in which no two places look alike, of three parts of a multipart upload and a bit.
fn large_text() -> Vec<u8> {
    (0..3_000_000_u32).flat_map(|number| format!("{number:08}\n").into_bytes()).collect()
}

async fn a_file_of_many_parts_is_served_as_it_was_uploaded(setup: Setup) {
    let server = PrivateS3::start();
    let bucket = server.bucket();
    let plaza =
        Options::new(setup).bucket(&bucket).variable("PLAZA_UPLOADS__MAX_BYTES", "30000000").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let text = large_text();
    let file_id = ada.upload_accepted("numbers.txt", text.clone()).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    let served = ada.at(plaza.b()).api.get(&format!("/files/{file_id}/content")).await;
    assert!(served.body == text, "{} bytes of {}", served.body.len(), text.len());
    assert_eq!(server.unfinished(), 0);
}

async fn an_upload_that_is_refused_leaves_nothing_in_the_bucket(setup: Setup) {
    let server = PrivateS3::start();
    let bucket = server.bucket();
    let plaza =
        Options::new(setup).bucket(&bucket).variable("PLAZA_UPLOADS__MAX_BYTES", "26990000").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.upload("numbers.txt", large_text()).await.expect_problem(413);
    assert_eq!(server.unfinished(), 0);
    assert_eq!(server.objects(&bucket), ["uploads/probe"]);
}

async fn a_bucket_that_is_gone_is_told_and_its_return_is_enough(setup: Setup) {
    let server = PrivateS3::start();
    let plaza =
        Options::new(setup).bucket(&server.bucket()).variable("PLAZA_LOG__LEVEL", "debug").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("notes.txt", b"kept".to_vec()).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    let content = format!("/files/{file_id}/content");

    server.close();
    // An answer is good for a second.
    let unready = until(DEADLINE, || async {
        let ready = ada.api.get("//readyz").await;
        if ready.status == 503 { Ok(ready.text()) } else { Err(ready.text()) }
    });
    let unready = unready.await.expect("the server is not ready");
    assert!(unready.contains("storage"), "{unready}");
    ada.api.get(&content).await.expect_problem(503);
    ada.upload("more.txt", b"more".to_vec()).await.expect_problem(503);
    assert_eq!(ada.api.get("//healthz").await.status, 200, "the server itself is well");

    server.recover();
    assert_eq!(ada.api.get(&content).await.text(), "kept");
    let file_id = ada.upload_accepted("more.txt", b"more".to_vec()).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    let secret = Bucket::new().secret_access_key;
    assert!(!plaza.log(0).contains(&secret), "the secret is in the log");
}

async fn a_bucket_that_refuses_is_told_at_the_start(setup: Setup) {
    let stranger = Bucket { secret_access_key: "not-the-secret".to_owned(), ..Bucket::new() };
    let refused = Options::new(setup).bucket(&stranger).start_refused().await;
    assert!(refused.contains("storage.url") && refused.contains("access key"), "{refused}");
    assert!(!refused.contains("not-the-secret"), "{refused}");
}
