//! The audit log: a chain without holes, which only grows.

use std::{net::IpAddr, sync::Arc};

use plaza_domain::{
    AuditAction, AuditActor, AuditEntry, AuditFilter, AuditHead, AuditTarget, Device, NewAuditEntry, Store,
    UserAgent, UserId, repository::Result,
};
use plaza_infrastructure::db::{connect, migrate};
use sea_orm::{ConnectionTrait, Database};

use super::{
    Outcome,
    builders::{given_user, id, user},
    fixture::{race, settings, sqlite_url},
};

fn failed_login(user_id: UserId) -> NewAuditEntry {
    NewAuditEntry::new(AuditActor::Anonymous, Device::default(), AuditAction::LoginFailed).about(user_id)
}

async fn given_entry(store: &Arc<dyn Store>, entry: &NewAuditEntry) -> Result<()> {
    let mut work = store.begin().await?;
    work.audit().append(entry).await?;
    work.commit().await
}

/// Fails unless the entries are a whole chain; returns them.
async fn follow_chain(store: &Arc<dyn Store>) -> Result<Vec<AuditEntry>> {
    let mut read = store.read().await?;
    let (mut head, mut known) = (AuditHead::START, Vec::new());
    loop {
        let page = read.audit().follow(head.number, 7).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            assert!(head.is_followed_by(&entry), "{entry:?} does not follow {head:?}");
            head = entry.head();
            known.push(entry);
        }
    }
    assert_eq!(read.audit().head().await?, head);
    Ok(known)
}

pub(crate) async fn an_entry_keeps_every_field_and_follows_the_one_before(store: Arc<dyn Store>) -> Outcome {
    assert_eq!(store.read().await?.audit().head().await?, AuditHead::START);
    let (ada, bob) = (UserId::new(id()), UserId::new(id()));
    let device = Device {
        user_agent: UserAgent::read("Mozilla/5.0 ü"),
        address: Some("2001:db8::1".parse::<IpAddr>()?),
    };
    let full = NewAuditEntry::by(ada, &device, AuditAction::UserBanned)
        .about(AuditTarget::User(bob))
        .with("until", "2027-01-01T00:00:00Z")
        .with("count", 3);
    given_entry(&store, &full).await?;
    given_entry(&store, &failed_login(bob)).await?;
    let empty = NewAuditEntry::new(AuditActor::CommandLine, Device::default(), AuditAction::KeysRotated);
    given_entry(&store, &empty).await?;

    let known = follow_chain(&store).await?;
    let first = AuditEntry {
        number: 1,
        at: known[0].at,
        action: "user.banned".to_owned(),
        actor_kind: "user".to_owned(),
        actor_id: Some(ada.uuid()),
        target_kind: Some("user".to_owned()),
        target_id: Some(bob.uuid()),
        address: Some("2001:db8::1".to_owned()),
        user_agent: Some("Mozilla/5.0 ü".to_owned()),
        details: "{\"count\":3,\"until\":\"2027-01-01T00:00:00Z\"}".to_owned(),
        previous_hash: AuditHead::START.hash,
        hash: known[0].hash,
    };
    assert_eq!(known[0], first);
    let words: Vec<_> =
        known.iter().map(|entry| (entry.action.as_str(), entry.actor_kind.as_str())).collect();
    let expected = [("user.banned", "user"), ("login.failed", "anonymous"), ("keys.rotated", "command_line")];
    assert_eq!(words, expected);
    assert_eq!(
        (known[2].target_id, known[2].address.as_ref(), known[2].details.as_str()),
        (None, None, "{}")
    );
    Ok(())
}

pub(crate) async fn twenty_who_append_at_once_make_one_chain(store: Arc<dyn Store>) -> Outcome {
    let appended = race(20, |racer| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            // Something of their own first, as it is in use.
            let user = user(&format!("user{racer}"));
            work.users().insert(&user).await?;
            work.audit().append(&failed_login(user.id)).await?;
            if racer % 4 == 0 {
                return Ok(false);
            }
            work.commit().await?;
            Ok(true)
        }
    });
    assert_eq!(appended.await?, 15);
    let known = follow_chain(&store).await?;
    assert_eq!(known.len(), 15);
    let mut read = store.read().await?;
    for entry in known {
        let user_id = UserId::new(entry.target_id.ok_or("every entry has a target")?);
        assert!(read.users().find(user_id).await?.is_some(), "an entry tells of what was rolled back");
    }
    Ok(())
}

pub(crate) async fn an_entry_that_was_rolled_back_leaves_no_hole(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    given_entry(&store, &failed_login(ada.id)).await?;
    let mut work = store.begin().await?;
    work.audit().append(&failed_login(ada.id)).await?;
    work.audit().append(&failed_login(ada.id)).await?;
    drop(work);
    given_entry(&store, &failed_login(ada.id)).await?;
    assert_eq!(follow_chain(&store).await?.len(), 2);
    Ok(())
}

pub(crate) async fn entries_are_listed_newest_first_by_what_they_tell(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (UserId::new(id()), UserId::new(id()));
    let by = |who, action| NewAuditEntry::by(who, &Device::default(), action);
    for entry in [
        by(ada, AuditAction::LoginSucceeded),
        by(bob, AuditAction::LoginSucceeded),
        by(ada, AuditAction::UserBanned).about(bob),
        failed_login(bob),
        by(ada, AuditAction::UserUnbanned).about(bob),
    ] {
        given_entry(&store, &entry).await?;
    }
    let known = follow_chain(&store).await?;
    let list = async |filter: AuditFilter, before, limit| -> Result<Vec<i64>> {
        let entries = store.read().await?.audit().list(&filter, before, limit).await?;
        Ok(entries.iter().map(|entry| entry.number).collect())
    };
    let all = AuditFilter::default();
    assert_eq!(list(all, None, 10).await?, [5, 4, 3, 2, 1]);
    assert_eq!(list(all, None, 2).await?, [5, 4]);
    assert_eq!(list(all, Some(4), 2).await?, [3, 2]);
    assert_eq!(list(AuditFilter { actor_id: Some(ada), ..all }, None, 10).await?, [5, 3, 1]);
    assert_eq!(list(AuditFilter { actor_id: Some(ada), ..all }, Some(5), 1).await?, [3]);
    assert_eq!(list(AuditFilter { target_id: Some(bob.uuid()), ..all }, None, 10).await?, [5, 4, 3]);
    let logins = AuditFilter { action: Some(AuditAction::LoginSucceeded), ..all };
    assert_eq!(list(logins, None, 10).await?, [2, 1]);
    assert_eq!(list(AuditFilter { actor_id: Some(bob), ..logins }, None, 10).await?, [2]);

    let (first, last) = (known[0].at, known[4].at);
    assert_eq!(list(AuditFilter { from: Some(first), ..all }, None, 10).await?.len(), 5);
    assert_eq!(list(AuditFilter { to: Some(first), ..all }, None, 10).await?.len(), 0);
    let later = chrono::TimeDelta::microseconds(1);
    assert_eq!(list(AuditFilter { from: Some(last + later), ..all }, None, 10).await?.len(), 0);
    assert_eq!(list(AuditFilter { to: Some(last + later), ..all }, None, 10).await?.len(), 5);
    Ok(())
}

async fn entries_stay(url: String, further: &[&str]) -> Outcome {
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    given_entry(&store, &failed_login(UserId::new(id()))).await?;
    let database = Database::connect(url).await?;
    let statements = ["UPDATE audit_entries SET action = 'logout'", "DELETE FROM audit_entries"];
    for statement in statements.iter().chain(further) {
        let refused = database.execute_unprepared(statement).await.map(drop);
        let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("stay as they are"), "{statement}: {said}");
    }
    assert_eq!(follow_chain(&store).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn entries_cannot_be_changed_on_sqlite() -> Outcome {
    let directory = tempfile::tempdir()?;
    entries_stay(sqlite_url(&directory), &[]).await
}

#[tokio::test]
async fn entries_cannot_be_changed_on_postgres() -> Outcome {
    entries_stay(plaza_tests::servers::postgres_database().await, &["TRUNCATE audit_entries"]).await
}
