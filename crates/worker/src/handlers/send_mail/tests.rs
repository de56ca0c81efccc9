//! Mails that the server does not take at once.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{sync::Arc, time::Duration};

use plaza_application::{
    commands::Command,
    mail::{MailMessage, MailOrder},
    ports::{MailError, MockMailer},
};
use plaza_domain::{Email, TaskState};
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Worker, WorkerSettings, testing::World};

/// How long servers let those wait whom they do not know (RFC 6647, section 4.5).
const GREYLISTED: Duration = Duration::from_secs(5 * 60);

#[tokio::test(start_paused = true)]
async fn a_mail_waits_for_a_server_that_makes_strangers_wait_without_burning_an_attempt() {
    let first = Instant::now();
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(move |_| {
        if first.elapsed() < GREYLISTED { Err(MailError::Deferred("450 4.7.1".into())) } else { Ok(()) }
    });
    let world = World::with_ports(|ports| ports.mailer = Arc::new(mailer)).await;
    let to = Email::from_stored("ada@example.org".to_owned());
    let order = MailOrder { user_id: world.actor.id(), to, message: MailMessage::PasswordChanged };
    let id = world.task(|task| *task = Command::SendMail(order).into_task(task.id, None).unwrap()).await;
    let shutdown = CancellationToken::new();
    let worker = Worker::new(world.ports.clone(), &world.services, WorkerSettings::default());
    worker.spawn(&TaskTracker::new(), shutdown.clone());
    let task = world.until(id, |task| matches!(task.state, TaskState::Succeeded | TaskState::Dead)).await;
    assert_eq!((task.state, task.attempt), (TaskState::Succeeded, 1), "{:?}", task.last_error);
    assert!(first.elapsed() < GREYLISTED * 2, "{:?}", first.elapsed());
    shutdown.cancel();
}
