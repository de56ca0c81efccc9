//! The store of presence, as one instance knows it.

use std::sync::Arc;

use plaza_application::{
    in_process::LocalPresence,
    ports::{MAX_CONNECTIONS, PresenceStore, Report, Share, Standing},
};
use plaza_domain::{
    Availability::{self, Away, Dnd, Online},
    UserId,
};
use uuid::Uuid;

use super::{DEADLINE, Outcome, redis};

type Store = Arc<dyn PresenceStore>;

pub(crate) async fn in_process() -> Outcome<Store> {
    Ok(Arc::new(LocalPresence::new()))
}

pub(crate) async fn on_redis() -> Outcome<Store> {
    Ok(Arc::new(redis::presence(redis::pool().await?, 1, DEADLINE)))
}

pub(super) fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

pub(super) fn share(connections: u32, availability: Availability) -> Option<Share> {
    Some(Share { connections, availability })
}

/// An instance has that of a user, and nobody waits.
pub(super) fn has(user_id: UserId, share: Option<Share>) -> Report {
    Report { user_id, settled: share, wanted: share }
}

/// What the store answers to one report.
pub(super) async fn told(store: &dyn PresenceStore, report: Report) -> Outcome<Standing> {
    let mut standings = store.report(&[report]).await?;
    assert_eq!(standings.len(), 1);
    Ok(standings.pop().ok_or("no answer")?)
}

pub(crate) async fn what_was_told_last_counts(store: Store) -> Outcome {
    let ada = user(1);
    let mut before = None;
    for share in [share(1, Online), share(2, Dnd), share(1, Away), share(0, Away), None, share(1, Online)] {
        let after = share.map(|share| share.availability);
        let granted = share.map_or(0, |share| share.connections);
        let standing = told(&*store, has(ada, share)).await?;
        assert_eq!(standing, Standing { granted, before, after });
        assert_eq!(store.query(&[ada]).await?, [after]);
        before = after;
    }
    Ok(())
}

pub(crate) async fn answers_come_in_the_order_of_the_questions(store: Store) -> Outcome {
    let statuses = [Some(Online), None, Some(Away), Some(Dnd)];
    // More than any adapter takes in one go.
    let expected: Vec<_> = (0..450).map(|number| statuses[number % statuses.len()]).collect();
    let users: Vec<_> = (0..450).map(user).collect();
    let with = |(user_id, status): (&UserId, &Option<Availability>)| {
        has(*user_id, status.map(|availability| Share { connections: 1, availability }))
    };
    let reports: Vec<Report> = users.iter().zip(&expected).map(with).collect();
    let standings = store.report(&reports).await?;
    assert_eq!(standings.iter().map(|standing| standing.after).collect::<Vec<_>>(), expected);
    assert_eq!(store.query(&users).await?, expected);
    assert_eq!(store.query(&[users[3], users[1], users[3]]).await?, [Some(Dnd), None, Some(Dnd)]);
    assert_eq!(store.query(&[]).await?, []);
    assert_eq!(store.report(&[]).await?, []);
    Ok(())
}

pub(crate) async fn as_many_connections_are_granted_as_there_is_room_for(store: Store) -> Outcome {
    let ada = user(1);
    let grant = async |settled, wanted| {
        let report = Report { user_id: ada, settled, wanted };
        told(&*store, report).await.map(|standing| (standing.granted, standing.after))
    };
    let most = MAX_CONNECTIONS;
    assert_eq!(grant(None, share(3, Online)).await?, (3, Some(Online)));
    assert_eq!(grant(share(3, Away), share(most + 5, Online)).await?, (most, Some(Online)));
    // Who is refused changes nothing.
    assert_eq!(grant(share(most, Away), share(most + 1, Online)).await?, (most, Some(Away)));
    // Who is in stays in, also when more were let in than there should be.
    assert_eq!(grant(share(most + 2, Away), share(most + 3, Dnd)).await?, (most + 2, Some(Away)));
    assert_eq!(grant(share(0, Dnd), share(1, Online)).await?, (1, Some(Online)));
    Ok(())
}

pub(crate) async fn an_instance_that_lives_is_not_reaped(store: Store) -> Outcome {
    told(&*store, has(user(1), share(1, Online))).await?;
    assert_eq!(store.reap().await?, None);
    assert_eq!(store.query(&[user(1)]).await?, [Some(Online)]);
    Ok(())
}
