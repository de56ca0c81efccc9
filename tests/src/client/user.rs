//! A user who is logged in, and what they do most.

use std::time::Duration;

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{Answer, Api, Socket};
use crate::servers::wait::until;

/// Every test user's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// Processing a large picture in a debug build on a busy machine.
const PROCESSING: Duration = Duration::from_secs(60);

/// A user who is logged in.
#[derive(Clone, Debug)]
pub struct User {
    /// Their view of the instance that they registered at.
    pub api: Api,
    /// Their id.
    pub id: String,
    /// Their handle.
    pub username: String,
    /// The refresh token of their login.
    pub refresh_token: String,
}

impl User {
    /// Registers and logs in.
    pub async fn register(base: &str, username: &str) -> Self {
        let api = Api::anonymous(base);
        let account = json!({
            "email": format!("{username}@example.org"),
            "username": username,
            "password": PASSWORD,
        });
        api.post("/auth/register", &account).await.expect(201);
        Self::log_in(base, username).await
    }

    /// Logs in once more: another session of the same user.
    pub async fn log_in(base: &str, username: &str) -> Self {
        let api = Api::anonymous(base);
        let login = api.log_in(username, PASSWORD).await.expect(200);
        Self {
            api: api.with_token(text(&login["access_token"])),
            id: text(&login["user"]["id"]).to_owned(),
            username: username.to_owned(),
            refresh_token: text(&login["refresh_token"]).to_owned(),
        }
    }

    /// The same login at another instance.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { api: self.api.at(base), ..self.clone() }
    }

    /// Opens a public room and returns its id.
    pub async fn open_room(&self, name: &str) -> String {
        self.make_room(name, false).await
    }

    /// Opens a private room and returns its id.
    pub async fn open_private_room(&self, name: &str) -> String {
        self.make_room(name, true).await
    }

    async fn make_room(&self, name: &str, is_private: bool) -> String {
        let room = json!({ "name": name, "is_private": is_private });
        let room = self.api.post("/rooms", &room).await.expect(201);
        text(&room["id"]).to_owned()
    }

    /// Joins a public room.
    pub async fn join(&self, room_id: &str) {
        let answer = self.api.post_empty(&format!("/rooms/{room_id}/join")).await;
        assert!(answer.status.is_success(), "{}: {}", answer.request, answer.text());
    }

    /// Makes somebody a member of a room.
    pub async fn add(&self, room_id: &str, user: &User) {
        let member = json!({ "user_id": user.id });
        self.api.post(&format!("/rooms/{room_id}/members"), &member).await.expect(201);
    }

    /// Posts words over REST and returns the message.
    pub async fn say(&self, room_id: &str, content: &str) -> Value {
        self.post_message(room_id, &json!({ "content": content })).await.expect(201)
    }

    /// Posts over REST.
    pub async fn post_message(&self, room_id: &str, message: &Value) -> Answer {
        self.api.post(&format!("/rooms/{room_id}/messages"), message).await
    }

    /// A part of a room's history.
    pub async fn history(&self, room_id: &str, query: &str) -> Vec<Value> {
        let page = self.api.get(&format!("/rooms/{room_id}/messages{query}")).await.expect(200);
        page["items"].as_array().expect("items").clone()
    }

    /// What users wrote in a room, by rising `seq`; system messages left out.
    pub async fn words(&self, room_id: &str) -> Vec<String> {
        let messages = self.history(room_id, "?after=0&limit=100").await;
        messages
            .iter()
            .filter(|message| message["message_type"] != "system")
            .map(|message| text(&message["content"]).to_owned())
            .collect()
    }

    /// Uploads a file.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Answer {
        self.upload_to("/files/upload", name, bytes).await
    }

    /// Uploads a file to the short form or the long one.
    pub async fn upload_to(&self, path: &str, name: &str, bytes: Vec<u8>) -> Answer {
        let part = Part::bytes(bytes).file_name(name.to_owned());
        let request = self.api.request(Method::POST, path);
        self.api.send(request.multipart(Form::new().part("file", part))).await
    }

    /// Uploads a file that is accepted, and returns its id.
    pub async fn upload_accepted(&self, name: &str, bytes: Vec<u8>) -> String {
        let receipt = self.upload(name, bytes).await.expect(202);
        text(&receipt["file_id"]).to_owned()
    }

    /// Waits until a file is processed or given up, and returns it.
    pub async fn processed(&self, file_id: &str) -> Value {
        let path = format!("/files/{file_id}");
        until(PROCESSING, || async {
            let file = self.api.get(&path).await.expect(200);
            match text(&file["status"]) {
                "completed" | "failed" => Ok(file),
                _ => Err(file),
            }
        })
        .await
        .unwrap_or_else(|file| panic!("the file should have been processed: {file}"))
    }

    /// Connects to the socket of all rooms.
    pub async fn connect(&self) -> Socket {
        Socket::connect(self.api.base(), "", self.api.token()).await
    }

    /// Connects to the socket of one room.
    pub async fn connect_to(&self, room_id: &str) -> Socket {
        Socket::connect(self.api.base(), &format!("/{room_id}"), self.api.token()).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text was expected, not {value}"))
}
