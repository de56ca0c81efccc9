//! Ending in order: clients are told, what was accepted is done, and the exit status is 0.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::json;

both_setups!(
    a_server_that_is_asked_to_stop_sends_its_clients_away_and_ends,
    what_was_accepted_before_the_end_is_kept,
);

async fn a_server_that_is_asked_to_stop_sends_its_clients_away_and_ends(setup: Setup) {
    let mut plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.connect().await;
    socket.expect_type("hello").await;
    let mut nobody = plaza_tests::client::Socket::connect(plaza.a(), "", "").await;
    plaza.terminate(0);
    let reconnect = socket.expect_type("reconnect").await;
    assert!(reconnect["after_ms"].is_u64());
    assert_eq!(socket.close_code().await, 1001);
    let status = plaza.ended(0).await;
    assert!(status.success(), "{status}");
    // Who had not even said who they are is sent away, too.
    assert!(nobody.ends_within(std::time::Duration::from_secs(1)).await.is_some());
}

async fn what_was_accepted_before_the_end_is_kept(setup: Setup) {
    let mut plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.connect_to(&room).await;
    socket.expect_type("synced").await;
    for number in 0..200 {
        socket.send(json!({ "type": "message", "content": format!("{number}") })).await;
    }
    plaza.terminate(0);
    let mut acknowledged = Vec::new();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while let Some(Ok(frame)) = socket.next_before(deadline).await {
        if frame["type"] == "ack" {
            acknowledged.push(frame["seq"].clone());
        }
    }
    assert!(plaza.ended(0).await.success());
    plaza.restart(0).await;
    let mut stored = Vec::new();
    for after in [0, 100] {
        let page = ada.history(&room, &format!("?after={after}&limit=100")).await;
        stored.extend(page.into_iter().map(|message| message["seq"].clone()));
    }
    let lost: Vec<_> = acknowledged.iter().filter(|seq| !stored.contains(seq)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}
