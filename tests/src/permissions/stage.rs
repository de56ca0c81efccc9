//! Users of every role, and what they may stand to in every way: as the columns of the table say.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use plaza_domain::{Clock, Identity, IdentityId, Issuer, SystemRole};
use plaza_infrastructure::clock::SystemClock;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    call::{Subject, parameters},
    matrix::{ROLES, Row},
};
use crate::{
    OpenPlaza, Setup,
    client::{PASSWORD, User},
    pictures::png,
};

/// Where files are uploaded.
pub const UPLOAD: &str = "/files/upload";
const UPLOAD_AVATAR: &str = "/files/upload?purpose=avatar";

/// Who asks, and about what.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Who asks.
    pub user: User,
    /// What about.
    pub subject: Subject,
}

/// A server with users of every role.
pub struct Stage {
    /// The server.
    pub plaza: OpenPlaza,
    /// Its OpenAPI document.
    pub openapi: Value,
    /// Whose the rooms are.
    pub host: User,
    /// Who is added to rooms and removed from them; everybody knows them.
    guinea: User,
    /// Who asks, by role.
    actors: Vec<User>,
    count: AtomicUsize,
    scenes: Mutex<HashMap<String, Arc<OnceCell<Scene>>>>,
}

impl Stage {
    /// Starts a server and fills it.
    pub async fn set(setup: Setup) -> Self {
        let plaza = OpenPlaza::start(setup, |options| options).await;
        let host = {
            // The first of a server is its admin: none of those who play here.
            User::register(plaza.plaza.a(), "root").await;
            User::register(plaza.plaza.a(), "host").await
        };
        let mut stage = Self {
            guinea: User::register(plaza.plaza.a(), "guinea").await,
            openapi: host.api.get("/openapi.json").await.expect(200),
            host,
            actors: Vec::new(),
            count: AtomicUsize::new(0),
            scenes: Mutex::default(),
            plaza,
        };
        let commons = stage.host.open_private_room("commons").await;
        stage.host.add(&commons, &stage.guinea).await;
        for role in ROLES {
            let actor = stage.newcomer(role).await;
            // Apart from one another: sharing a room with the host would make guests know them.
            let corner = stage.guinea.open_private_room("corner").await;
            stage.guinea.add(&corner, &actor).await;
            stage.actors.push(actor);
        }
        stage
    }

    /// A user of that role, who knows nobody; served by the other instance, where there is one.
    pub async fn newcomer(&self, role: &str) -> User {
        let name = self.new_name();
        let made = User::register(self.plaza.plaza.a(), &name).await;
        if role == "member" {
            return made.at(self.plaza.plaza.b());
        }
        let mut work = self.plaza.store.begin().await.expect("a transaction");
        let id = made.id.parse().expect("an id");
        let mut user = work.users().find(id).await.expect("the database answers").expect("the user");
        user.role = SystemRole::parse(role).expect("a role");
        work.users().update(&user).await.expect("the user is stored");
        work.commit().await.expect("a commit");
        User::log_in(self.plaza.plaza.b(), &name).await
    }

    /// Whoever stands so to what a row is about, and what that is. Rows that change nothing share one.
    pub async fn scene(&self, row: &Row, standing: &str, role: usize) -> Scene {
        if ends_its_scene(row) {
            return self.build(row, standing, role).await;
        }
        let key = format!("{} {standing} {role}", row.table);
        let shared = {
            let mut scenes = self.scenes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(scenes.entry(key).or_default())
        };
        shared.get_or_init(|| self.build(row, standing, role)).await.clone()
    }

    async fn build(&self, row: &Row, standing: &str, role: usize) -> Scene {
        match row.table.as_str() {
            "The server and one's own account" => self.alone(role).await,
            "What belongs to one user" => self.belongings(row, standing, role).await,
            "Another user" | "A friendship" => self.acquaintance(row, standing, role).await,
            "A public room" | "A private room" | "A message in a room" => {
                self.in_room(row, standing, role).await
            }
            "A direct room" | "A message in a direct room" => self.in_direct_room(standing, role).await,
            "An upload" | "A task" => self.upload(standing, role).await,
            other => panic!("the test knows no table {other}: set a stage for it"),
        }
    }

    /// Somebody new: what belongs to them may be used up.
    async fn alone(&self, role: usize) -> Scene {
        let user = self.newcomer(ROLES[role]).await;
        let (file_id, task_id) = uploaded(&self.host, UPLOAD, "dot.png", png(64, 64)).await;
        let link = json!({ "part": "original" });
        let link = self.host.api.post(&format!("/files/{file_id}/signed-url"), &link).await.expect(200);
        let link = text(&link["url"]).trim_start_matches("/api/v1").to_owned();
        let name = self.new_name();
        let subject = Subject::default()
            .with("login", user.username.clone())
            .with("refresh_token", user.refresh_token.clone())
            .with("password", PASSWORD)
            .with("current_password", PASSWORD)
            .with("email", format!("{name}@example.org"))
            .with("new_email", format!("{name}@example.com"))
            .with("username", name)
            .with("user_id", self.newcomer("member").await.id)
            .with("task_id", task_id)
            .with("name", "purge_tasks")
            .with("link", link);
        Scene { user, subject }
    }

    async fn belongings(&self, row: &Row, standing: &str, role: usize) -> Scene {
        let user = self.newcomer(ROLES[role]).await;
        let owner = if standing == "owner" { user.clone() } else { self.newcomer("member").await };
        let sessions = owner.api.get("/users/me/sessions").await.expect(200);
        let room_id = self.host.open_private_room("room").await;
        self.host.add(&room_id, &user).await;
        let file_id = if row.name == "PUT /users/me/avatar" {
            uploaded(&owner, UPLOAD_AVATAR, "me.png", png(64, 64)).await.0
        } else {
            owner.upload_accepted("words.txt", b"words".to_vec()).await
        };
        let identity_id = self.given_identity(&owner).await;
        let subject = Subject::default()
            .with("identity_id", identity_id)
            .with("session_id", sessions["items"][0]["id"].clone())
            .with("room_id", room_id)
            .with("file_id", file_id);
        Scene { user, subject }
    }

    /// A login at a provider that is linked to somebody's account.
    async fn given_identity(&self, owner: &User) -> String {
        let (id, now) = (owner.id.parse().expect("an id"), SystemClock.now());
        let identity = Identity {
            // As good as any, and nobody else's.
            id: IdentityId::new(owner.id.parse().expect("an id")),
            user_id: id,
            issuer: Issuer::from_stored("https://provider.example.org".to_owned()),
            subject: plaza_domain::Subject::from_stored(owner.id.clone()),
            email: None,
            created_at: now,
            last_used_at: now,
        };
        let mut work = self.plaza.store.begin().await.expect("a transaction");
        work.identities().insert(&identity).await.expect("the identity is stored");
        work.commit().await.expect("a commit");
        owner.id.clone()
    }

    async fn acquaintance(&self, row: &Row, standing: &str, role: usize) -> Scene {
        let (user, peer) = (self.actors[role].clone(), self.newcomer("member").await);
        if standing == "shares a room" || standing == "has asked" {
            let room_id = peer.open_private_room("room").await;
            peer.add(&room_id, &user).await;
        }
        let ask = async |from: &User, to: &User| {
            from.api.post("/friends/requests", &json!({ "user_id": to.id })).await.expect(201)
        };
        match standing {
            "was asked" => drop(ask(&peer, &user).await),
            "has asked" => drop(ask(&user, &peer).await),
            "friend" => {
                ask(&peer, &user).await;
                user.api.post_empty(&format!("/friends/requests/{}/accept", peer.id)).await.expect(200);
            }
            _ => {}
        }
        let mut subject = Subject::default().with("user_id", peer.id.clone());
        if row.case == "of their picture" {
            let (file_id, _) = uploaded(&peer, UPLOAD_AVATAR, "me.png", png(64, 64)).await;
            peer.api.put("/users/me/avatar", &json!({ "file_id": file_id })).await.expect(200);
            subject = subject.with("file_id", file_id).with("name", "avatar");
        }
        Scene { user, subject }
    }

    async fn in_room(&self, row: &Row, standing: &str, role: usize) -> Scene {
        let user = self.actors[role].clone();
        let room_id = if row.table == "A public room" {
            self.host.open_room("room").await
        } else {
            self.host.open_private_room("room").await
        };
        let add = async |user: &User, role: &str| {
            let member = json!({ "user_id": user.id, "role": role });
            self.host.api.post(&format!("/rooms/{room_id}/members"), &member).await.expect(201)
        };
        match standing {
            "stranger" => {}
            "admin" | "owner" => drop(add(&user, standing).await),
            _ => drop(add(&user, "member").await),
        }
        let author = if standing == "author" { &user } else { &self.host };
        let message = author.say(&room_id, "hello").await;
        if standing == "has left" {
            user.api.post_empty(&format!("/rooms/{room_id}/leave")).await.expect(204);
        }
        if row.name.ends_with("/members/{user_id}") {
            add(&self.guinea, if row.case == "an admin" { "admin" } else { "member" }).await;
        }
        let subject = about_room(&room_id, &message).with("user_id", self.guinea.id.clone());
        Scene { user, subject }
    }

    async fn in_direct_room(&self, standing: &str, role: usize) -> Scene {
        let (user, peer) = (self.actors[role].clone(), self.newcomer("member").await);
        let other = if standing == "stranger" { &self.host } else { &user };
        let room = peer.api.post("/rooms/direct", &json!({ "user_id": other.id })).await.expect(201);
        let room_id = text(&room["id"]);
        let author = if standing == "author" { &user } else { &peer };
        let message = author.say(room_id, "hello").await;
        let subject = about_room(room_id, &message).with("user_id", peer.id.clone());
        Scene { user, subject }
    }

    async fn upload(&self, standing: &str, role: usize) -> Scene {
        let user = self.actors[role].clone();
        let owner = if standing == "owner" { &user } else { &self.host };
        let (picture, task_id) = uploaded(owner, UPLOAD, "dot.png", png(64, 64)).await;
        let (words, _) = uploaded(owner, UPLOAD, "words.txt", b"words".to_vec()).await;
        if standing == "sees it in a room" {
            let room_id = self.host.open_private_room("room").await;
            self.host.add(&room_id, &user).await;
            for file_id in [&picture, &words] {
                let message = json!({ "message_type": "file", "file_id": file_id });
                self.host.post_message(&room_id, &message).await.expect(201);
            }
        }
        let subject =
            Subject::default().with("task_id", task_id).with("file_id", picture).with("document_id", words);
        Scene { user, subject }
    }

    fn new_name(&self) -> String {
        format!("user{}", self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// A processed upload, and the task that did it.
pub async fn uploaded(owner: &User, path: &str, name: &str, bytes: Vec<u8>) -> (String, String) {
    let receipt = owner.upload_to(path, name, bytes).await.expect(202);
    let (file_id, task_id) = (text(&receipt["file_id"]).to_owned(), text(&receipt["task_id"]).to_owned());
    assert_eq!(owner.processed(&file_id).await["status"], "completed");
    (file_id, task_id)
}

/// What a row is about when every id in it is that one.
pub fn about(row: &Row, id: &str) -> Subject {
    let in_bodies = ["room_id", "message_id", "user_id", "file_id", "document_id"];
    let in_path = parameters(row.parts().1).into_iter().filter(|name| name.ends_with("_id"));
    let subject = in_bodies.into_iter().chain(in_path).fold(Subject::default(), |it, name| it.with(name, id));
    subject
        .with("since", 0)
        .with("emoji", "%F0%9F%91%8D")
        .with("name", "thumbnail")
        .with("provider", "none")
        .with("link", format!("/files/{id}/signed/original?expires=1&signature=none"))
}

fn about_room(room_id: &str, message: &Value) -> Subject {
    Subject::default().with("room_id", room_id).with("message_id", message["id"].clone()).with("seq", 1)
}

/// Whether a row changes how who asks stands to what they ask about, or ends that.
fn ends_its_scene(row: &Row) -> bool {
    const HARMLESS: [&str; 9] = [
        "PUT /rooms/{room_id}/mute",
        "DELETE /rooms/{room_id}/mute",
        "POST /rooms/{room_id}/messages",
        "PATCH /messages/{message_id}",
        "PUT /messages/{message_id}/pin",
        "PUT /messages/{message_id}/follow",
        "PUT /messages/{message_id}/thread/read",
        "PUT /messages/{message_id}/reactions/{emoji}",
        "POST /files/{file_id}/signed-url",
    ];
    let only_looks = row.name.starts_with("GET ") || row.is_frame() && row.name != "WS delete";
    let is_harmless = only_looks || HARMLESS.contains(&row.name.as_str());
    !is_harmless || !row.case.is_empty() && row.name != "GET /threads"
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text was expected, not {value}"))
}
