//! How presence is written down in Redis: as numbers that the scripts compare.

use chrono::DateTime;
use plaza_application::ports::Departure;
use plaza_domain::{Availability, UserId};

use super::Reaped;

/// Greater counts more; zero is offline.
pub(super) fn rank(availability: Option<Availability>) -> u8 {
    match availability {
        None => 0,
        Some(Availability::Away) => 1,
        Some(Availability::Online) => 2,
        Some(Availability::Dnd) => 3,
    }
}

/// What a rank means. One that this version does not know is of somebody who is there.
pub(super) fn availability(rank: u32) -> Option<Availability> {
    match rank {
        0 => None,
        1 => Some(Availability::Away),
        2 => Some(Availability::Online),
        _ => Some(Availability::Dnd),
    }
}

/// What the script found; who is no user of ours is left out.
pub(super) fn departures(reaped: Vec<Reaped>) -> Vec<Departure> {
    let departure = |(user_id, rank, seen_at): Reaped| {
        let user_id = user_id.parse::<UserId>().ok()?;
        let seen_at = DateTime::from_timestamp_millis(seen_at)?;
        Some(Departure { user_id, after: availability(rank.into()), seen_at })
    };
    reaped.into_iter().filter_map(departure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_ordered_as_what_they_stand_for() {
        let all = [None, Some(Availability::Away), Some(Availability::Online), Some(Availability::Dnd)];
        assert!(all.is_sorted());
        assert!(all.into_iter().map(rank).is_sorted_by(|a, b| a < b));
        for one in all {
            assert_eq!(availability(rank(one).into()), one);
        }
    }
}
