//! A room, its users and their connections, and what happens to them.

use futures::future::try_join_all;
use plaza_tests::{
    client::{Answer, Method, User},
    conformance::{Mirror, read_room},
    servers::Failure,
};
use serde_json::{Value, json};

use crate::{
    follower::Follower,
    script::{Act, CONNECTIONS, Step, USERS},
};

/// How often the end is looked at: a connection that broke may have posted something that is stored a moment later.
const LOOKS: usize = 5;
const EMOJI: [&str; 2] = ["👍", "🎉"];

/// One case.
pub(crate) struct Story {
    bases: [String; 2],
    users: Vec<User>,
    room_id: String,
    followers: Vec<Follower>,
}

impl Story {
    /// Users and a room that nobody else has; everybody is a member and connected.
    pub(crate) async fn begin(bases: [&str; 2]) -> Result<Self, Failure> {
        let case = fastrand::u64(..) >> 16;
        let names: Vec<String> = (0..USERS).map(|number| format!("p{case:x}n{number}")).collect();
        let users = names.iter().enumerate().map(|(number, name)| User::register(bases[number % 2], name));
        let users = futures::future::join_all(users).await;
        let room_id = users[0].open_room("Story").await;
        futures::future::join_all(users[1..].iter().map(|user| user.join(&room_id))).await;
        let bases = bases.map(str::to_owned);
        let mut followers: Vec<_> = (0..CONNECTIONS)
            .map(|connection| Follower::new(users[connection % USERS].clone(), &room_id))
            .collect();
        for (number, follower) in followers.iter_mut().enumerate() {
            follower.connect(&bases[number % 2], false).await?;
        }
        Ok(Self { bases, users, room_id, followers })
    }

    /// Lets it happen.
    pub(crate) async fn play(&mut self, step: &Step) -> Result<(), Failure> {
        match *step {
            Step::Do(ref acts) => self.perform(acts).await,
            Step::Disconnect { connection, orderly } => {
                self.followers[connection].disconnect(orderly).await;
                Ok(())
            }
            Step::Connect { connection, instance, afresh } => {
                self.followers[connection].connect(&self.bases[instance], afresh).await
            }
            Step::Read { connection } => self.followers[connection].read().await,
        }
    }

    async fn perform(&mut self, acts: &[Act]) -> Result<(), Failure> {
        for act in acts {
            if let Act::Say(connection, times) = *act {
                for number in 0..times {
                    let words = format!("{number} of {times}");
                    if !self.followers[connection].say(&words).await? {
                        let user = connection % USERS;
                        let path = format!("/rooms/{}/messages", self.room_id);
                        self.ask(user, Method::POST, &path, Some(json!({ "content": words }))).await?;
                    }
                }
            }
        }
        try_join_all(acts.iter().map(|act| self.perform_one(act))).await?;
        for act in acts {
            if let Act::Join(user) | Act::Add(user) = *act {
                let id = &self.users[user].id;
                for follower in self.followers.iter_mut().filter(|follower| follower.user.id == *id) {
                    follower.subscribe_again().await?;
                }
            }
        }
        Ok(())
    }

    async fn perform_one(&self, act: &Act) -> Result<(), Failure> {
        let room = format!("/rooms/{}", self.room_id);
        let id = |user: usize| &self.users[user].id;
        match *act {
            Act::Say(..) => {}
            Act::Edit(which) => {
                if let Some(message) = self.message(which).await? {
                    let author = self.users.iter().position(|user| message["sender"]["id"] == *user.id);
                    let edit = json!({ "content": format!("edited {which}") });
                    self.ask(author.unwrap_or(0), Method::PATCH, &path_of(&message), Some(edit)).await?;
                }
            }
            Act::Delete(which) => {
                if let Some(message) = self.message(which).await? {
                    self.ask(0, Method::DELETE, &path_of(&message), None).await?;
                }
            }
            Act::React(user, which, emoji) => self.react(Method::PUT, user, which, emoji).await?,
            Act::Unreact(user, which, emoji) => self.react(Method::DELETE, user, which, emoji).await?,
            Act::Join(user) => drop(self.ask(user, Method::POST, &format!("{room}/join"), None).await?),
            Act::Leave(user) => drop(self.ask(user, Method::POST, &format!("{room}/leave"), None).await?),
            Act::Add(user) => {
                let member = json!({ "user_id": id(user) });
                self.ask(0, Method::POST, &format!("{room}/members"), Some(member)).await?;
            }
            Act::Remove(user) => {
                self.ask(0, Method::DELETE, &format!("{room}/members/{}", id(user)), None).await?;
            }
            Act::Promote(user) => self.change_role(user, "admin").await?,
            Act::Demote(user) => self.change_role(user, "member").await?,
            Act::Rename(number) => {
                let name = json!({ "name": format!("Story {number}") });
                self.ask(0, Method::PATCH, &room, Some(name)).await?;
            }
            Act::Hide(is_private) => {
                self.ask(0, Method::PATCH, &room, Some(json!({ "is_private": is_private }))).await?;
            }
        }
        Ok(())
    }

    async fn react(&self, method: Method, user: usize, which: usize, emoji: usize) -> Result<(), Failure> {
        if let Some(message) = self.message(which).await? {
            let path = format!("{}/reactions/{}", path_of(&message), EMOJI[emoji]);
            self.ask(user, method, &path, None).await?;
        }
        Ok(())
    }

    async fn change_role(&self, user: usize, role: &str) -> Result<(), Failure> {
        let path = format!("/rooms/{}/members/{}", self.room_id, self.users[user].id);
        self.ask(0, Method::PATCH, &path, Some(json!({ "role": role }))).await?;
        Ok(())
    }

    /// One of the messages that there are.
    async fn message(&self, which: usize) -> Result<Option<Value>, Failure> {
        let room = self.ask(0, Method::GET, &format!("/rooms/{}", self.room_id), None).await?.json();
        let last = room["last_seq"].as_u64().unwrap_or_default();
        let Some(after) = (which as u64).checked_rem(last) else { return Ok(None) };
        let path = format!("/rooms/{}/messages?after={after}&limit=1", self.room_id);
        Ok(self.ask(0, Method::GET, &path, None).await?.json()["items"].get(0).cloned())
    }

    /// A request that may be refused, but must be answered.
    async fn ask(
        &self,
        user: usize,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, Failure> {
        let api = &self.users[user].api;
        let request = api.request(method, path);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = api.try_send(request).await?;
        if answer.status.is_server_error() {
            return Err(format!("{}: {} {}", answer.request, answer.status, answer.text()).into());
        }
        Ok(answer)
    }

    /// Everybody comes to rest, and holds what a new client is told.
    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        let mut difference = String::new();
        for _ in 0..LOOKS {
            difference.clear();
            let members =
                read_room(&self.users[0].api, &self.bases, &self.room_id).await?.state().members.clone();
            for (number, follower) in self.followers.iter_mut().enumerate() {
                if !members.contains_key(&follower.user.id) {
                    follower.read().await?;
                    follower.hear_the_end().await?;
                    continue;
                }
                if !follower.is_connected() {
                    follower.connect(&self.bases[number % 2], false).await?;
                }
                let fresh = follower.snapshot().await?;
                follower.reach(fresh.version()).await?;
                difference += &differ(&follower.user.username, &follower.mirror, &fresh);
            }
            if difference.is_empty() {
                return Ok(());
            }
        }
        Err(difference.into())
    }
}

fn path_of(message: &Value) -> String {
    format!("/messages/{}", message["id"].as_str().unwrap_or_default())
}

/// What a client holds otherwise than a new one is told; empty when nothing.
fn differ(name: &str, held: &Mirror, fresh: &Mirror) -> String {
    if held.version() == fresh.version() && held.state() == fresh.state() {
        return String::new();
    }
    let mut difference =
        format!("{name} holds version {}, a new client gets {}\n", held.version(), fresh.version());
    let (held, fresh) = (held.state(), fresh.state());
    if held.details != fresh.details {
        difference += &format!("held {:?}\nfresh {:?}\n", held.details, fresh.details);
    }
    if held.members != fresh.members {
        difference += &format!("held {:?}\nfresh {:?}\n", held.members, fresh.members);
    }
    for seq in held.messages.keys().chain(fresh.messages.keys()) {
        let (held, fresh) = (held.messages.get(seq), fresh.messages.get(seq));
        if held != fresh {
            difference += &format!("held {held:?}\nfresh {fresh:?}\n");
        }
    }
    difference
}
