//! `plaza admin audit`: who did what to whom, and whether anybody has changed what is told about it.

use clap::{Args, Subcommand};
use plaza_application::{
    AuditVerdict, DEFAULT_PAGE, MAX_PAGE, NotedEntry, Operator, PageRequest, Result, Services,
};
use plaza_domain::{AuditAction, AuditEntry, AuditFilter, Sha256, Timestamp, UserId};
use poem_openapi::Object;
use uuid::Uuid;

use super::Report;
use crate::{
    UtcTime,
    cli::table::{facts, or_dash, table},
    routes::AuditList,
};

const BY: Operator<'_> = Operator::CommandLine;

/// What is done about the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Lists what was done, the newest first
    List(ListArgs),
    /// Follows the log from entry to entry; ends with 1 when one was changed, removed or put in
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only what this user did
    #[arg(long, value_name = "USER")]
    actor: Option<UserId>,
    /// Only what was done to this: the id of a user, session, room or other thing
    #[arg(long, value_name = "ID")]
    target: Option<Uuid>,
    /// Only this action, for example user.banned
    #[arg(long, value_parser = action)]
    action: Option<AuditAction>,
    /// Not before this time, for example 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Only entries with smaller numbers
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// The most entries, 1 to 100
    #[arg(long, default_value_t = DEFAULT_PAGE, value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE))]
    limit: u64,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Begins with this entry in place of the first
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    from: Option<i64>,
    /// The hash of that entry, as it was noted when the log ended there
    #[arg(long, value_name = "HASH", requires = "from", value_parser = hash)]
    expect_hash: Option<Sha256>,
}

/// What following the log has shown.
#[derive(Object)]
struct VerdictView {
    /// How many entries are as they were written.
    entries: u64,
    /// The number of the last of them.
    head_number: i64,
    /// The hash of the last of them.
    head_hash: String,
    /// The number of the first entry that is missing, was changed or does not follow.
    #[oai(nullable)]
    broken_at: Option<i64>,
}

impl From<AuditVerdict> for VerdictView {
    fn from(AuditVerdict { entries, head, broken }: AuditVerdict) -> Self {
        Self { entries, head_number: head.number, head_hash: head.hash.to_string(), broken_at: broken }
    }
}

pub(super) async fn run(services: &Services, command: AuditCommand) -> Result<Report> {
    match command {
        AuditCommand::List(args) => list(services, args).await,
        AuditCommand::Verify(args) => verify(services, args).await,
    }
}

async fn list(services: &Services, args: ListArgs) -> Result<Report> {
    let ListArgs { actor, target, action, from, to, before, limit } = args;
    let filter = AuditFilter { actor_id: actor, target_id: target, action, from, to };
    let page = services.audit.list(BY, &filter, PageRequest::new(before, limit)).await?;
    let heading = ["NUMBER", "AT", "ACTION", "BY", "TO", "FROM", "DETAILS"];
    let mut text = table(heading, page.items.iter().map(row));
    if let Some(next) = page.next {
        text.push_str(&format!("There are more: --before {next}\n"));
    }
    Ok(Report::new(&AuditList::from(page), text))
}

fn row(entry: &AuditEntry) -> [String; 7] {
    let target = entry.target_kind.as_ref().zip(entry.target_id);
    [
        entry.number.to_string(),
        UtcTime(entry.at).to_string(),
        entry.action.clone(),
        entry.actor_id.map_or_else(|| entry.actor_kind.clone(), |id| id.to_string()),
        or_dash(target.map(|(kind, id)| format!("{kind} {id}"))),
        or_dash(entry.address.clone()),
        entry.details.clone(),
    ]
}

async fn verify(services: &Services, args: VerifyArgs) -> Result<Report> {
    let from = args.from.map(|number| NotedEntry { number, hash: args.expect_hash });
    let verdict = services.audit.verify(BY, from).await?;
    let text = facts([
        ("entries", verdict.entries.to_string()),
        ("head", verdict.head.number.to_string()),
        ("hash", verdict.head.hash.to_string()),
        ("broken at", or_dash(verdict.broken)),
    ]);
    let failure = verdict.broken.map(|number| format!("the audit log is broken at entry {number}"));
    Ok(Report { failure, ..Report::new(&VerdictView::from(verdict), text) })
}

fn action(word: &str) -> std::result::Result<AuditAction, String> {
    AuditAction::parse(word).ok_or_else(|| "there is no such action".to_owned())
}

fn hash(text: &str) -> std::result::Result<Sha256, String> {
    let byte = |at: usize| text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let mut bytes = [0; 32];
    for (at, slot) in bytes.iter_mut().enumerate() {
        *slot = byte(at).ok_or("a hash has 64 hexadecimal digits")?;
    }
    if text.len() == 64 { Ok(Sha256(bytes)) } else { Err("a hash has 64 hexadecimal digits".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_printed() {
        let known = Sha256(std::array::from_fn(|at| u8::try_from(at * 7).unwrap_or_default()));
        assert_eq!(hash(&known.to_string()), Ok(known));
        for text in ["", "0", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"ü".repeat(32)] {
            assert!(hash(text).is_err(), "{text} was accepted");
        }
    }
}
