//! What Plaza has set itself to reach, and whether it has.

use super::{Results, number::rough, sections::section};

/// What a figure is held against.
#[derive(Debug)]
enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// So many times the best of these.
    Times(f64, &'static [&'static str]),
    /// Less than the lowest of these.
    LowestOf(&'static [&'static str]),
}

/// A figure of Plaza's and its bar.
#[derive(Debug)]
struct Goal {
    work: &'static str,
    scenario: &'static str,
    peer: &'static str,
    figure: &'static str,
    unit: &'static str,
    bar: Bar,
}

const DURABLE: &[&str] = &["fastapi", "socketio", "ejabberd", "prosody"];
const IDLERS: &[&str] = &["fastapi", "socketio", "ejabberd", "prosody", "nchan"];

const fn goal(
    (work, scenario, peer): (&'static str, &'static str, &'static str),
    (figure, unit): (&'static str, &'static str),
    bar: Bar,
) -> Goal {
    Goal { work, scenario, peer, figure, unit, bar }
}

const DELIVERIES: (&str, &str) = ("deliveries_per_second", "deliveries/s");
const MESSAGES: (&str, &str) = ("messages_per_second", "messages/s");
const FANOUT: (&str, &str, &str) = ("1 room × 100", "fanout", "plaza");
const TWO: (&str, &str, &str) = ("1 room × 100, two instances", "fanout", "plaza-two");
const PACED: (&str, &str, &str) = ("100 members, 300 messages/s", "paced", "plaza");
const IDLE: (&str, &str, &str) = ("idle connections", "idle", "plaza");
const HISTORY: (&str, &str, &str) = ("history, the longest room", "history", "plaza");
const LOGIN: (&str, &str, &str) = ("logins", "login", "plaza");

const GOALS: [Goal; 23] = [
    goal(FANOUT, DELIVERIES, Bar::Times(10.0, &["fastapi"])),
    goal(FANOUT, DELIVERIES, Bar::Times(5.0, &["socketio"])),
    goal(FANOUT, DELIVERIES, Bar::Times(25.0, &["ejabberd"])),
    goal(FANOUT, DELIVERIES, Bar::Times(1.0, &["nchan"])),
    goal(FANOUT, DELIVERIES, Bar::Times(0.6, &["bare"])),
    goal(("20 rooms × 10", "rooms", "plaza"), MESSAGES, Bar::Times(4.0, DURABLE)),
    goal(("1 room × 100, embedded", "fanout", "plaza-embedded"), DELIVERIES, Bar::Times(0.5, &["plaza"])),
    goal(("20 rooms × 10, embedded", "rooms", "plaza-embedded"), MESSAGES, Bar::Times(0.5, &["plaza"])),
    goal(PACED, ("p99_ms", "ms, p99"), Bar::AtMost(10.0)),
    goal(PACED, ("server_cores", "cores"), Bar::AtMost(0.4)),
    goal(("1,000 members, 10 messages/s", "big-room", "plaza"), ("p99_ms", "ms, p99"), Bar::AtMost(8.0)),
    goal(TWO, DELIVERIES, Bar::Times(4.0, &["fastapi"])),
    goal(TWO, DELIVERIES, Bar::Times(4.0, &["socketio"])),
    goal(IDLE, ("kib_per_connection", "KiB each"), Bar::AtMost(8.0)),
    goal(IDLE, ("kib_per_connection", "KiB each"), Bar::LowestOf(IDLERS)),
    goal(("storm", "storm", "plaza"), ("seconds_until_synced", "s until all are synced"), Bar::AtMost(5.0)),
    goal(HISTORY, ("pages_per_second", "pages/s"), Bar::Times(10.0, &["fastapi"])),
    goal(HISTORY, ("flatness", "of the pages/s of the shortest"), Bar::AtLeast(0.8)),
    goal(LOGIN, ("hash_share", "of a login's processor time is the hash"), Bar::AtLeast(0.9)),
    goal(LOGIN, ("message_p99_ms", "ms, p99 of messages meanwhile"), Bar::AtMost(50.0)),
    goal(
        ("tasks that do nothing, on the disk before they count", "tasks", "plaza"),
        ("tasks_per_second", "tasks/s"),
        Bar::Times(2.0, &["bullmq-durable"]),
    ),
    goal(
        ("pictures", "pictures", "plaza"),
        ("pictures_per_core_second", "pictures/s a core"),
        Bar::Times(1.0, &["bullmq"]),
    ),
    goal(("start, embedded", "start", "plaza-embedded"), ("start_ms", "ms"), Bar::AtMost(300.0)),
];

/// A row for each goal whose scenario was run.
pub(super) fn goals(results: &Results) -> String {
    let rows: String = GOALS.iter().filter_map(|goal| row(results, goal)).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n## Goals\n\n| work | goal | Plaza | theirs | ratio | met |\n|---|---|---:|---:|---:|---|\n{rows}"
    )
}

fn row(results: &Results, goal: &Goal) -> Option<String> {
    results.of(goal.scenario).next()?;
    let Goal { work, unit, .. } = goal;
    let value = |peer: &str| {
        let by = section(goal.scenario)?.by;
        results.median(goal.scenario, peer, by)?.value(goal.figure)
    };
    let title = |peer: &str| {
        let mut outcomes = results.of(goal.scenario);
        let title = outcomes.find(|outcome| outcome.peer == peer).map_or(peer, |outcome| &outcome.title);
        // What it is made of is in the tables.
        title.split([',', ';', '(']).next().unwrap_or(title).trim().to_owned()
    };
    let values = |peers: &[&'static str]| -> Vec<(&str, f64)> {
        peers.iter().filter_map(|peer| Some((*peer, value(peer)?))).collect()
    };
    let most = |peers| values(peers).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let least = |peers| values(peers).into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let ours = value(goal.peer);
    let shown = ours.map_or_else(|| "–".to_owned(), rough);
    let (text, theirs, met) = match &goal.bar {
        Bar::AtMost(most) => (format!("≤ {most} {unit}"), None, ours.map(|ours| ours <= *most)),
        Bar::AtLeast(least) => (format!("≥ {least} {unit}"), None, ours.map(|ours| ours >= *least)),
        Bar::Times(times, peers) => {
            let theirs = most(*peers);
            let name = match peers {
                [peer] => title(peer),
                _ => "the best durable peer".to_owned(),
            };
            let met = ours.zip(theirs).map(|(ours, (_, theirs))| ours >= times * theirs);
            (format!("≥ {times} × {name}, {unit}"), theirs, met)
        }
        Bar::LowestOf(peers) => {
            let theirs = least(*peers);
            let met = ours.zip(theirs).map(|(ours, (_, theirs))| ours < theirs);
            (format!("the lowest of all, {unit}"), theirs, met)
        }
    };
    let ratio =
        ours.zip(theirs).filter(|(_, (_, theirs))| *theirs > 0.0).map(|(ours, (_, theirs))| ours / theirs);
    let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    let theirs =
        theirs.map_or_else(|| "–".to_owned(), |(peer, value)| format!("{} ({})", rough(value), title(peer)));
    let met = match met {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "not measured",
    };
    Some(format!("| {work} | {text} | {shown} | {theirs} | {ratio} | {met} |\n"))
}
