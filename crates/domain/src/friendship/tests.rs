//! What may follow what, and what the other one can tell.

use uuid::Uuid;

use super::*;

const ADA: UserId = UserId::new(Uuid::from_u128(1));
const BOB: UserId = UserId::new(Uuid::from_u128(2));

fn strangers() -> Option<Friendship> {
    UserPair::new(ADA, BOB).map(Friendship::new)
}

fn day(days: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::days(days)
}

fn told(change: FriendChange) -> Option<FriendStep> {
    Some(FriendStep { change, is_told: true })
}

fn silent(change: FriendChange) -> Option<FriendStep> {
    Some(FriendStep { change, is_told: false })
}

/// Ada has asked Bob on the first day.
fn asked() -> Option<Friendship> {
    let mut friendship = strangers()?;
    assert_eq!(friendship.request(ADA, day(0), false), Ok(told(FriendChange::Requested)));
    Some(friendship)
}

fn with(friendship: Option<Friendship>, check: impl Fn(Friendship)) {
    assert!(friendship.is_some());
    friendship.into_iter().for_each(check);
}

#[test]
fn a_request_is_seen_by_both_and_accepted_by_the_other_one() {
    with(asked(), |mut friendship| {
        assert_eq!(friendship.seen_by(ADA), Relation::Outgoing { at: day(0) });
        assert_eq!(friendship.seen_by(BOB), Relation::Incoming { at: day(0) });
        assert_eq!(friendship.accept(ADA, day(1)), None);
        assert_eq!(friendship.accept(BOB, day(1)), told(FriendChange::Accepted));
        for user in [ADA, BOB] {
            assert_eq!(friendship.seen_by(user), Relation::Friends { since: day(1) });
            assert_eq!(friendship.request(user, day(2), false), Ok(None));
        }
        assert_eq!((friendship.accept(BOB, day(2)), friendship.cancel(ADA, day(2))), (None, None));
    });
}

#[test]
fn asking_who_has_asked_accepts_also_what_was_declined() {
    for declines in [false, true] {
        with(asked(), |mut friendship| {
            if declines {
                friendship.decline(BOB, day(1));
            }
            assert_eq!(friendship.request(BOB, day(2), false), Ok(told(FriendChange::Accepted)));
            assert!(friendship.is_mutual());
        });
    }
}

#[test]
fn who_asked_cannot_tell_a_declined_request_from_one_that_is_not_answered() {
    with(asked(), |mut declined| {
        let mut open = declined;
        assert_eq!(declined.decline(ADA, day(1)), None);
        assert_eq!(declined.decline(BOB, day(1)), silent(FriendChange::Declined));
        assert_eq!(declined.decline(BOB, day(1)), None);
        assert_eq!(declined.accept(BOB, day(1)), None);
        assert_eq!(declined.seen_by(BOB), Relation::Strangers);
        for now in [1, 29, 30, 60, 90].map(day) {
            let changes = [&mut declined, &mut open]
                .map(|it| it.request(ADA, now, false).map(|step| step.map(|step| step.change)));
            assert_eq!(changes[0], changes[1]);
            assert_eq!(declined.seen_by(ADA), open.seen_by(ADA));
        }
        for friendship in [&mut declined, &mut open] {
            assert_eq!(
                friendship.cancel(ADA, day(91)).map(|step| step.change),
                Some(FriendChange::Cancelled)
            );
            assert!(friendship.request(ADA, day(91), false).is_err());
            assert_eq!(friendship.seen_by(ADA), Relation::Strangers);
        }
    });
}

#[test]
fn a_declined_request_is_seen_again_when_it_is_made_again_after_thirty_days() {
    with(asked(), |mut friendship| {
        friendship.decline(BOB, day(1));
        // Made again, though not for whom it is for.
        assert_eq!(friendship.request(ADA, day(30), false), Ok(silent(FriendChange::Requested)));
        assert_eq!(friendship.request(ADA, day(31), false), Ok(None));
        assert_eq!(friendship.request(ADA, day(60), false), Ok(told(FriendChange::Requested)));
        assert_eq!(friendship.seen_by(BOB), Relation::Incoming { at: day(60) });
    });
    with(asked(), |mut friendship| {
        friendship.decline(BOB, day(1));
        assert_eq!(friendship.cancel(ADA, day(2)), silent(FriendChange::Cancelled));
        assert_eq!(friendship.request(ADA, day(30), false), Ok(silent(FriendChange::Requested)));
    });
}

#[test]
fn who_takes_a_request_back_waits_a_day_and_the_other_one_does_not() {
    with(asked(), |mut friendship| {
        assert_eq!(friendship.cancel(BOB, day(0)), None);
        assert_eq!(friendship.cancel(ADA, day(0)), told(FriendChange::Cancelled));
        let hour = TimeDelta::hours(1);
        let too_soon = AskedTooSoon { again_at: day(1) };
        assert_eq!(friendship.request(ADA, day(0) + hour, false), Err(too_soon));
        let mut meanwhile = friendship;
        assert_eq!(meanwhile.request(BOB, day(0) + hour, false), Ok(told(FriendChange::Requested)));
        assert_eq!(meanwhile.request(ADA, day(0) + hour, false), Ok(told(FriendChange::Accepted)));
        assert_eq!(friendship.request(ADA, day(1), false), Ok(told(FriendChange::Requested)));
    });
}

#[test]
fn an_unwanted_request_is_seen_by_who_made_it_alone() {
    with(strangers(), |mut friendship| {
        assert_eq!(friendship.request(ADA, day(0), true), Ok(silent(FriendChange::Requested)));
        assert_eq!(friendship.seen_by(ADA), Relation::Outgoing { at: day(0) });
        assert_eq!(friendship.seen_by(BOB), Relation::Strangers);
        assert_eq!(friendship.accept(BOB, day(1)), None);
    });
}

#[test]
fn who_ends_it_leaves_no_trace_of_why() {
    with(asked(), |mut friendship| {
        assert_eq!(friendship.end(BOB, day(1)), silent(FriendChange::Declined));
        assert_eq!(friendship.seen_by(ADA), Relation::Outgoing { at: day(0) });
        assert_eq!(friendship.end(BOB, day(1)), None);
    });
    with(asked(), |mut friendship| {
        assert_eq!(friendship.end(ADA, day(1)), told(FriendChange::Cancelled));
        assert_eq!(friendship.seen_by(BOB), Relation::Strangers);
    });
    with(asked(), |mut friendship| {
        friendship.accept(BOB, day(1));
        assert_eq!(friendship.end(ADA, day(2)), told(FriendChange::Removed));
        assert_eq!(friendship.remove(), None);
        assert_eq!(friendship.request(BOB, day(2), false), Ok(told(FriendChange::Requested)));
    });
}
