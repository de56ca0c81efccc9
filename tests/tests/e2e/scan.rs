//! Files are looked through for malicious software before anybody gets them.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, User},
    pictures::png,
    servers::{Clamd, EICAR, FakeClamd, Manner, until},
};
use serde_json::{Value, json};

both_setups!(
    an_infected_file_fails_and_is_given_to_nobody,
    a_clean_file_is_given_once_it_was_scanned,
    files_wait_while_the_scanner_is_away,
    a_scanner_that_talks_nonsense_lets_nothing_through,
    a_scanner_that_takes_less_than_uploads_is_told_at_the_start,
);

const DEADLINE: Duration = Duration::from_secs(60);
const MAX_BYTES: u64 = 26_214_400;

async fn start(setup: Setup, url: &str) -> Plaza {
    Options::new(setup).variable("PLAZA_SCAN__URL", url).start().await
}

/// Every address of a file's bytes.
fn addresses(file_id: &str) -> [String; 3] {
    ["content", "variants/thumbnail", "variants/preview"].map(|part| format!("/files/{file_id}/{part}"))
}

async fn link_to(user: &User, file_id: &str) -> Answer {
    user.api.post(&format!("/files/{file_id}/signed-url"), &json!({})).await
}

fn assert_problem(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.expect_problem(status)["type"], format!("/problems/{slug}"));
}

async fn dependency(user: &User, name: &str) -> (String, Value) {
    let ready = user.api.get("//readyz").await.expect(200);
    let dependencies = ready["dependencies"].as_array().expect("dependencies");
    let found = dependencies.iter().find(|dependency| dependency["name"] == name).cloned();
    (ready["status"].as_str().expect("a status").to_owned(), found.expect("the dependency"))
}

async fn an_infected_file_fails_and_is_given_to_nobody(setup: Setup) {
    let clamd = Clamd::start(MAX_BYTES).await;
    let plaza = start(setup, &clamd.url()).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut socket = ada.connect().await;
    let mut picture = png(300, 300);
    picture.extend(EICAR);
    for (name, bytes) in [("notes.txt", EICAR.to_vec()), ("sky.png", picture)] {
        let file_id = ada.upload_accepted(name, bytes).await;
        ada.post_message(&room, &json!({ "message_type": "file", "file_id": file_id })).await.expect(201);
        let file = ada.processed(&file_id).await;
        assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("infected")), "{file}");
        assert_eq!(file["width"], Value::Null, "nothing was decoded");
        for user in [&ada, &bob.at(plaza.a())] {
            for address in addresses(&file_id) {
                assert_problem(&user.api.get(&address).await, 403, "file-infected");
            }
            assert_problem(&link_to(user, &file_id).await, 403, "file-infected");
        }
        assert_problem(&bob.api.get(&format!("/media/{file_id}.png")).await, 403, "file-infected");
        let told = socket
            .expect("the failure", |frame| frame["type"] == "file" && frame["status"] == "failed")
            .await;
        assert_eq!((&told["file_id"], &told["reason"]), (&json!(file_id), &json!("infected")));
    }
    let (status, scanner) = dependency(&ada, "scanner").await;
    assert_eq!((status.as_str(), &scanner["required"]), ("ready", &json!(false)));
}

async fn a_clean_file_is_given_once_it_was_scanned(setup: Setup) {
    let clamd = Clamd::start(MAX_BYTES).await;
    let plaza = start(setup, &clamd.socket_url()).await;
    let ada = User::register(plaza.a(), "ada").await;
    let picture = png(300, 300);
    let file_id = ada.upload_accepted("sky.png", picture.clone()).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    for address in addresses(&file_id) {
        assert_eq!(ada.at(plaza.b()).api.get(&address).await.status, 200, "{address}");
    }
    link_to(&ada, &file_id).await.expect(200);
    let large = vec![b'x'; 20_000_000];
    let file_id = ada.upload_accepted("large.txt", large).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
}

/// What the worker has logged.
fn worker_log(plaza: &Plaza, setup: Setup) -> String {
    match setup {
        Setup::Embedded => plaza.log(0),
        Setup::Distributed => plaza.worker_log(0),
    }
}

async fn files_wait_while_the_scanner_is_away(setup: Setup) {
    let clamd = FakeClamd::start(Manner::Closed).await;
    let plaza = start(setup, &clamd.url()).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut files = Vec::new();
    for number in 0..3 {
        files.push(ada.upload_accepted(&format!("{number}.txt"), b"hello".to_vec()).await);
    }
    let waits = "files wait for the scanner";
    until(DEADLINE, || async {
        // Two of them at a time, each more than once.
        let put_off = worker_log(&plaza, setup).matches("a task was put off").count();
        if put_off > 6 { Ok(()) } else { Err(format!("put off {put_off} times")) }
    })
    .await
    .expect("tasks are put off");
    assert_eq!(worker_log(&plaza, setup).matches(waits).count(), 1, "said once");
    for file_id in &files {
        let status = ada.api.get(&format!("/files/{file_id}/status")).await.expect(200);
        assert_eq!((&status["status"], &status["failure"]), (&json!("pending"), &Value::Null));
        let answer = ada.api.get(&addresses(file_id)[0]).await;
        assert_problem(&answer, 409, "file-not-scanned");
        assert_eq!(answer.header("retry-after"), "5");
        assert_problem(&link_to(&ada, file_id).await, 409, "file-not-scanned");
    }
    let (status, scanner) = dependency(&ada, "scanner").await;
    assert_eq!((status.as_str(), &scanner["healthy"]), ("degraded", &json!(false)));

    clamd.behave(Manner::Honest);
    for file_id in &files {
        assert_eq!(ada.processed(file_id).await["status"], "completed");
        assert_eq!(ada.api.get(&addresses(file_id)[0]).await.text(), "hello");
    }
}

async fn a_scanner_that_talks_nonsense_lets_nothing_through(setup: Setup) {
    let clamd = FakeClamd::start(Manner::Interrupts("stream: OK\0")).await;
    let plaza = start(setup, &clamd.url()).await;
    let ada = User::register(plaza.a(), "ada").await;
    let words = vec![b'x'; 9_000_000];
    let file_id = ada.upload_accepted("words.txt", words.clone()).await;
    for manner in [Manner::Says("stream: OK, more or less\0"), Manner::Silent] {
        until(DEADLINE, || async {
            let log = worker_log(&plaza, setup);
            if log.contains("files wait for the scanner") { Ok(()) } else { Err("no file waits") }
        })
        .await
        .expect("the file waits");
        assert_problem(&ada.api.get(&addresses(&file_id)[0]).await, 409, "file-not-scanned");
        clamd.behave(manner);
    }
    clamd.behave(Manner::Honest);
    let infected = ada.upload_accepted("bad.txt", EICAR.to_vec()).await;
    assert_eq!(ada.processed(&infected).await["failure"], "infected");
}

async fn a_scanner_that_takes_less_than_uploads_is_told_at_the_start(setup: Setup) {
    let refused = Options::new(setup)
        .variable("PLAZA_SCAN__URL", "clamd://127.0.0.1:3310")
        .variable("PLAZA_SCAN__MAX_BYTES", "1000")
        .start_refused()
        .await;
    assert!(refused.contains("scan.max_bytes"), "{refused}");
}
