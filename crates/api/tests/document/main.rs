//! The document is exact: every operation is called, and every answer, good and bad, is held against what the document
//! says about it.

mod admin_users;
mod audit;
mod client;
mod files;
mod friends;
mod invitations;
mod jobs;
mod logins;
mod mail;
mod schema;
mod second_factor;
mod server;
mod story;
mod tasks;
mod threads;

use client::{CheckingClient, TestResult};
use server::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_as_the_document_says() -> TestResult {
    let server = TestServer::start().await?;
    let mut client = CheckingClient::new(server.base()).await?;
    story::accounts(&mut client).await?;
    mail::mail(&mut client, &server).await?;
    second_factor::second_factor(&mut client).await?;
    let room = story::rooms(&mut client).await?;
    story::direct_rooms(&mut client).await?;
    friends::friends(&mut client).await?;
    logins::logins(&mut client, server.provider()).await?;
    story::messages(&mut client, &room).await?;
    threads::threads(&mut client, &room).await?;
    files::files(&mut client).await?;
    tasks::tasks(&mut client, server.given_waiting_task().await?).await?;
    jobs::jobs(&mut client).await?;
    admin_users::admin_users(&mut client).await?;
    audit::audit(&mut client).await?;
    invitations::invitations(&mut client).await?;
    story::endings(&mut client, &room).await?;
    assert_eq!(client.never_called(), Vec::<String>::new());
    server.stop().await
}

#[tokio::test]
async fn every_type_shows_an_example_that_fits() -> TestResult {
    let server = TestServer::start().await?;
    let client = CheckingClient::new(server.base()).await?;
    assert_eq!(client.bad_examples(), Vec::<String>::new());
    server.stop().await
}
