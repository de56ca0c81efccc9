//! Tasks that do nothing: how fast a backlog of them is worked off, and how soon a single one begins.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::driven;
use crate::{
    Failure,
    machine::wait::until,
    peers::{Peer, Server},
    report::Outcome,
    scenarios::Scale,
    wire::Http,
};

/// A second.
const RATE: u32 = 200;
const PATIENCE: Duration = Duration::from_secs(300);
/// How many ids are pushed with one command.
const AT_ONCE: usize = 1_000;

/// A backlog, and then so many a second.
pub(in crate::scenarios) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    scale: &Scale,
) -> Result<Outcome, Failure> {
    let seconds = scale.measured.as_secs();
    let arguments = ["tasks".to_owned(), scale.tasks.to_string(), RATE.to_string(), seconds.to_string()];
    if let Some(outcome) = driven(peer, server, arguments.into()).await? {
        return Ok(outcome);
    }
    let before = server.reading();
    let rate = backlog(server, scale.tasks).await?;
    let cores = before.cores_until(server.reading());
    let (p50, p99) = paced(server, u32::try_from(seconds)?).await?;
    server.check()?;
    Ok(Outcome { cores, ..Outcome::default() }
        .with("tasks_per_second", rate)
        .with("wait_p50_ms", p50)
        .with("wait_p99_ms", p99))
}

/// Stores probes as the server does, in one transaction, and announces them.
async fn backlog(server: &Server, count: u64) -> Result<f64, Failure> {
    let ids = server.run_sql(&format!(
        "INSERT INTO tasks (id, queue, kind, version, payload, state, attempt, max_attempts, crashes, token, run_at, \
         created_at) SELECT gen_random_uuid(), 'default', 'probe', 1, '{{\"note\":\"\"}}', 'ready', 0, 8, 0, 0, now(), \
         now() FROM generate_series(1, {count}) RETURNING id"
    ))?;
    let ids: Vec<&str> = ids.split_whitespace().collect();
    for ids in ids.chunks(AT_ONCE) {
        server.tell_redis(&format!("LPUSH plaza:queue:default {}\r\n", ids.join(" ")), ":").await?;
    }
    all_done(server, "probe", count).await?;
    let seconds = "SELECT extract(epoch FROM max(a.started_at) - min(a.started_at)) FROM task_attempts a \
                   JOIN tasks t ON t.id = a.task_id WHERE t.kind = 'probe'";
    let seconds: f64 = server.run_sql(seconds)?.trim().parse()?;
    Ok(count as f64 / seconds.max(f64::EPSILON))
}

/// Asks for new passwords of nobody: what the server orders for it finds that there is nothing to do.
async fn paced(server: &Server, seconds: u32) -> Result<(f64, f64), Failure> {
    let mut http = Http::connect(server.addresses[0]).await?;
    let begin = Instant::now();
    let count = RATE * seconds;
    for number in 0..count {
        sleep_until(begin + Duration::from_secs(1) * number / RATE).await;
        let nobody = json!({ "email": format!("nobody{number}@example.org") });
        http.post("/api/v1/auth/password-reset/request", "", Some(&nobody)).await?;
    }
    all_done(server, "answer_reset_request", count.into()).await?;
    let waits = "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY wait) || ' ' || \
                 percentile_disc(0.99) WITHIN GROUP (ORDER BY wait) \
                 FROM (SELECT extract(epoch FROM a.started_at - t.created_at) * 1000 AS wait FROM task_attempts a \
                 JOIN tasks t ON t.id = a.task_id WHERE t.kind = 'answer_reset_request' AND a.attempt = 1) AS waits";
    let waits = server.run_sql(waits)?;
    let (p50, p99) = waits.trim().split_once(' ').ok_or("nothing began")?;
    Ok((p50.parse()?, p99.parse()?))
}

async fn all_done(server: &Server, kind: &str, count: u64) -> Result<(), Failure> {
    let ask = format!("SELECT count(*) FROM tasks WHERE kind = '{kind}' AND state = 'succeeded'");
    until(PATIENCE, || {
        let done = server.run_sql(&ask);
        async {
            // Asking costs the database something, too.
            tokio::time::sleep(Duration::from_millis(250)).await;
            match done?.trim().parse::<u64>()? {
                done if done == count => Ok(()),
                done => Err(format!("{done} of {count} tasks were done in time").into()),
            }
        }
    })
    .await
}
