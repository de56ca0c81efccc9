//! From names in a text to members of its room.

use std::collections::{HashMap, HashSet};

use plaza_domain::{
    Content, Follower, Mention, Mentions, Message, Repositories, RepositoryError, RoomId, SentMessage,
    UnitOfWork, UserId, UserSummary, Username,
};

use crate::{
    policy::{MAX_CALLED_MEMBERS, may_mention_room},
    ports::Markup,
};

/// The names that a text mentions, as those who read it see them: not in code, not in links.
pub(super) fn names_in(markup: &dyn Markup, content: &Content) -> Mentions {
    if content.as_str().contains('@') {
        Mentions::parse(&markup.prose(content.as_str()))
    } else {
        Mentions::default()
    }
}

/// A text with mentions: its room and its author.
pub(super) type Mentioning<'a> = (RoomId, UserId, &'a Mentions);

/// Who is meant by the names in some texts.
#[derive(Default)]
pub(super) struct Meant {
    members: HashMap<(RoomId, Username), UserSummary>,
    /// Who may mention everybody.
    callers: HashSet<(RoomId, UserId)>,
}

impl Meant {
    /// Finds the names among the members of the rooms: one query for all names, and one for all who mention
    /// everybody; none when there is nothing to find.
    pub(super) async fn find<'a>(
        read: &mut dyn Repositories,
        texts: impl Iterator<Item = Mentioning<'a>> + Send,
    ) -> Result<Self, RepositoryError> {
        let (mut names, mut callers) = (Vec::new(), Vec::new());
        for (room_id, author_id, mentions) in texts {
            names.extend(mentions.names.iter().map(|name| (room_id, name.clone())));
            callers.extend(mentions.room.then_some((room_id, author_id)));
        }
        let mut meant = Self::default();
        if !names.is_empty() {
            let named = read.mentions().named(&names).await?.into_iter();
            meant.members.extend(named.map(|(room_id, user)| ((room_id, user.username.clone()), user)));
        }
        if !callers.is_empty() {
            let callers = read.mentions().callers(&callers, MAX_CALLED_MEMBERS + 1).await?.into_iter();
            let allowed = callers.filter(|caller| may_mention_room(caller.role, caller.members));
            meant.callers.extend(allowed.map(|caller| (caller.room_id, caller.user_id)));
        }
        Ok(meant)
    }

    /// Notes in a message whom it mentions. Authors do not mention themselves.
    pub(super) fn apply(&self, view: &mut SentMessage, mentions: &Mentions) {
        let (room_id, author_id) = (view.message.room_id, view.message.sender_id);
        let known = mentions.names.iter().filter_map(|name| self.members.get(&(room_id, name.clone())));
        let users = known.filter(|user| user.id != author_id).cloned().collect();
        view.mention(users, mentions.room && self.callers.contains(&(room_id, author_id)));
    }
}

/// What is to be stored of the mentions of these messages.
pub(super) fn stored(messages: &[SentMessage]) -> Vec<Mention> {
    messages.iter().flat_map(SentMessage::stored_mentions).collect()
}

/// Finds anew whom a message mentions that says something else now, and stores it. Who is mentioned in a thread
/// follows it.
pub(super) async fn replace(
    work: &mut dyn UnitOfWork,
    view: &mut SentMessage,
    mentions: &Mentions,
) -> Result<(), RepositoryError> {
    let Message { id, room_id, sender_id, mention_count, .. } = view.message;
    let meant = Meant::find(work, std::iter::once((room_id, sender_id, mentions))).await?;
    meant.apply(view, mentions);
    if mention_count > 0 {
        work.mentions().delete(id).await?;
    }
    if view.mentions.is_empty() {
        return Ok(());
    }
    work.mentions().insert(&stored(std::slice::from_ref(view))).await?;
    let begun = (view.message.reply_count > 0).then_some(id);
    if let Some(message_id) = view.message.parent_id.or(begun) {
        let read_seq = view.message.seq.back(1);
        let follower = |user: &UserSummary| Follower {
            message_id,
            user_id: user.id,
            room_id,
            is_following: true,
            read_seq,
        };
        let followers: Vec<_> = view.mentions.iter().map(follower).collect();
        work.threads().add_followers(&followers).await?;
    }
    Ok(())
}
