//! Whether a follower is told which reactions are their own.

use super::*;

#[test]
fn who_reacted_is_told_so_and_all_others_share_one_frame() {
    let mut channel = RoomChannel::default();
    let followers: Vec<_> = (1..=4).map(|user| follow(&mut channel, user, 0).0).collect();
    channel.receive(&reacted(1));
    let told: Vec<_> = followers.iter().map(|outbox| updates(outbox)).collect();
    let marks: Vec<Vec<_>> = told.iter().map(|frames| frames.iter().map(own).collect()).collect();
    assert_eq!(marks, [marked(true, true), marked(true, false), marked(false, false), marked(false, false)]);
    let texts: Vec<_> = told.iter().flatten().map(|frame| frame.text().as_ptr()).collect();
    assert_eq!(texts[2], texts[3], "one frame for all who did not react");
    assert_ne!(texts[1], texts[2]);
}

#[test]
fn who_comes_back_soon_sees_own_reactions_too() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 3, 0);
    channel.receive(&reacted(1));
    for (user, expected) in [(2, marked(true, false)), (4, marked(false, false))] {
        let (outbox, _) = follow(&mut channel, user, 0);
        assert_eq!(updates(&outbox).iter().map(own).collect::<Vec<_>>(), expected);
    }
}
