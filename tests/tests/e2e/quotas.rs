//! How much users may store, and what they are told when it is too much.

use std::io::Error;

use futures::{
    channel::mpsc::{Sender, channel},
    future::{BoxFuture, Either, FutureExt, select},
};
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Body, Method, User},
};

both_setups!(
    what_does_not_fit_is_refused_and_says_how_much_does,
    files_a_day_are_limited,
    uploads_at_a_time_are_limited_over_all_instances,
);

async fn with(setup: Setup, variables: &[(&str, &str)]) -> Plaza {
    let options = Options::new(setup);
    let options = variables
        .iter()
        .fold(options, |options, (name, value)| options.variable(&format!("PLAZA_{name}"), value));
    options.start().await
}

fn text(size: usize) -> Vec<u8> {
    vec![b'x'; size]
}

async fn what_does_not_fit_is_refused_and_says_how_much_does(setup: Setup) {
    let plaza = with(setup, &[("UPLOADS__MAX_USER_BYTES", "300000"), ("UPLOADS__MAX_BYTES", "250000")]).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    ada.upload("huge.txt", text(250_001)).await.expect_problem(413);
    let first = ada.upload_accepted("a.txt", text(200_000)).await;
    ada.at(plaza.b()).upload_accepted("b.txt", text(100_000)).await;
    // One byte, and so much that it is refused by its announced length.
    for size in [1, 240_000] {
        let problem = ada.upload("c.txt", text(size)).await.expect_problem(507);
        assert_eq!(problem["type"], "/problems/quota-exceeded");
        assert_eq!((&problem["used_bytes"], &problem["allowed_bytes"]), (&300_000.into(), &300_000.into()));
    }
    let storage = ada.api.get("/users/me/storage").await.expect(200);
    assert_eq!(storage["used_bytes"], 300_000);
    assert_eq!(storage["allowed_bytes"], 300_000);
    assert_eq!(storage["files"], 2);
    bob.upload_accepted("c.txt", text(200_000)).await;
    ada.api.delete(&format!("/files/{first}")).await.expect(204);
    ada.upload_accepted("d.txt", text(200_000)).await;
    let page = ada.api.get("//problems/quota-exceeded").await;
    assert_eq!(page.status, 200);
}

async fn files_a_day_are_limited(setup: Setup) {
    let plaza = with(setup, &[("LIMITS__ENABLED", "true"), ("UPLOADS__MAX_FILES_PER_DAY", "2")]).await;
    let ada = User::register(plaza.a(), "ada").await;
    for name in ["a.txt", "b.txt"] {
        ada.upload_accepted(name, text(9)).await;
    }
    let refused = ada.at(plaza.b()).upload("c.txt", text(9)).await;
    refused.expect_problem(429);
    assert!(refused.header("ratelimit-policy").starts_with("\"daily-uploads\";q=2"));
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((3_600..=86_400).contains(&seconds), "{seconds}");
}

/// Begins a form that goes on only when it is told to, and tells its answer.
fn begin(user: &User) -> (Sender<Result<Vec<u8>, Error>>, BoxFuture<'static, Answer>) {
    let (mut more, body) = channel(4);
    let part = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.txt\"\r\n\r\n";
    more.try_send(Ok([part.as_bytes(), &text(20_000)].concat())).expect("room for a beginning");
    let request = user
        .api
        .request(Method::POST, "/files/upload")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::wrap_stream(body));
    let api = user.api.clone();
    (more, async move { api.send(request).await }.boxed())
}

async fn uploads_at_a_time_are_limited_over_all_instances(setup: Setup) {
    let plaza = with(setup, &[("UPLOADS__MAX_PARALLEL", "1")]).await;
    let ada = User::register(plaza.a(), "ada").await;
    let (first, second) = (begin(&ada), begin(&ada.at(plaza.b())));
    // Neither ends by itself: the one that is answered came second.
    let (refused, mut more, slow) = match select(first.1, second.1).await {
        Either::Left((refused, slow)) => (refused, second.0, slow),
        Either::Right((refused, slow)) => (refused, first.0, slow),
    };
    refused.expect_problem(429);
    assert_eq!(refused.header("retry-after"), "5");
    ada.upload("quick.txt", text(9)).await.expect_problem(429);
    more.try_send(Ok(b"\r\n--x--\r\n".to_vec())).expect("room for an end");
    drop(more);
    slow.await.expect(202);
    ada.upload_accepted("quick.txt", text(9)).await;
}
