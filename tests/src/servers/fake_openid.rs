//! What calls itself an OpenID provider, inside the test process, and answers as a test wants it to.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use plaza_domain::Clock;
use plaza_infrastructure::clock::SystemClock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Key pairs of RFC 8032, section 7.1: everybody knows them. Seed and public key.
const KEYS: [([u8; 32], [u8; 32]); 3] = [
    (
        hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    ),
    (
        hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    ),
    (
        hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
        hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
    ),
];
/// What stands before a seed in PKCS #8 (RFC 8410).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// Belongs to no key that is published.
const STRANGER: usize = 2;
const MAX_REQUEST: usize = 64 * 1024;
/// Far more than any answer may have.
const HUGE: usize = 64 * 1024 * 1024;

const fn hex(text: &str) -> [u8; 32] {
    const fn digit(c: u8) -> u8 {
        if c.is_ascii_digit() { c - b'0' } else { c - b'a' + 10 }
    }
    let (text, mut bytes, mut at) = (text.as_bytes(), [0; 32], 0);
    while at < 32 {
        bytes[at] = digit(text[2 * at]) * 16 + digit(text[2 * at + 1]);
        at += 1;
    }
    bytes
}

/// How its token endpoint behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadManner {
    /// Never stops answering.
    Huge,
    /// Says nothing.
    Silent,
    /// Says a little now and then.
    Slow,
    /// Hangs up.
    Closed,
    /// Sends who asks to another of its addresses.
    Redirects,
    /// Says what is no JSON.
    Garbage,
}

#[derive(Debug, Default)]
struct State {
    issuer: String,
    token: String,
    key: usize,
    manner: Option<BadManner>,
    refuses_codes: bool,
    promises_iss: bool,
    verifier: String,
    exchanges: usize,
    key_requests: usize,
    redirected: usize,
    sent_bytes: usize,
}

/// A provider that knows nobody and signs anything. Ends when dropped.
#[derive(Debug)]
pub struct FakeOpenId {
    issuer: String,
    state: Arc<Mutex<State>>,
    _serving: JoinSet<()>,
}

impl FakeOpenId {
    /// What it calls Plaza.
    pub const CLIENT_ID: &str = "plaza";
    /// What Plaza proves itself with.
    pub const CLIENT_SECRET: &str = "a secret of some length between the two of them";
    /// All of them.
    pub const BAD_MANNERS: [BadManner; 6] = [
        BadManner::Huge,
        BadManner::Silent,
        BadManner::Slow,
        BadManner::Closed,
        BadManner::Redirects,
        BadManner::Garbage,
    ];

    /// Starts one that behaves.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for a provider");
        let issuer = format!("http://{}", listener.local_addr().expect("the port of a provider"));
        let state = Arc::new(Mutex::new(State { issuer: issuer.clone(), ..State::default() }));
        let shared = Arc::clone(&state);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let state = Arc::clone(&shared);
                connections.spawn(async move {
                    // A client that went away in the middle is no concern of the server's.
                    converse(stream, &state).await.ok();
                });
            }
        });
        Self { issuer, state, _serving: serving }
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What a good ID token says of somebody who was sent with that nonce.
    pub fn claims(&self, subject: &str, nonce: &str) -> Value {
        let now = SystemClock.now().timestamp();
        json!({
            "iss": self.issuer, "aud": Self::CLIENT_ID, "sub": subject, "nonce": nonce, "iat": now, "exp": now + 300,
            "email": format!("{subject}@fake.example"), "email_verified": true, "preferred_username": subject,
        })
    }

    /// Gives this ID token for any code, from now on; none when it is empty.
    pub fn answer_with(&self, token: &str) {
        token.clone_into(&mut self.state().token);
    }

    /// Signs as it should.
    pub fn sign(&self, claims: &Value) -> String {
        let key = self.state().key;
        signed(&header(Algorithm::EdDSA, &kid(key)), &ed25519(key), claims)
    }

    /// Does not sign.
    pub fn unsigned(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64.encode(value.to_string());
        format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
    }

    /// Signs, and says that it did not.
    pub fn unsigned_with_signature(&self, claims: &Value) -> String {
        let good = self.sign(claims);
        let signature = good.rsplit('.').next().unwrap_or_default().to_owned();
        self.unsigned(claims) + &signature
    }

    /// Signs with what the client knows, too.
    pub fn signed_with_client_secret(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(Self::CLIENT_SECRET.as_bytes());
        signed(&header(Algorithm::HS256, &kid(0)), &key, claims)
    }

    /// Signs with what everybody knows.
    pub fn signed_with_public_key(&self, claims: &Value) -> String {
        signed(&header(Algorithm::HS256, &kid(0)), &EncodingKey::from_secret(&KEYS[0].1), claims)
    }

    /// Signs with another key, and says that it is the one that is published.
    pub fn signed_by_another(&self, claims: &Value) -> String {
        signed(&header(Algorithm::EdDSA, &kid(self.state().key)), &ed25519(STRANGER), claims)
    }

    /// Signs with a key that is not published.
    pub fn signed_by_unknown(&self, claims: &Value) -> String {
        signed(&header(Algorithm::EdDSA, &kid(STRANGER)), &ed25519(STRANGER), claims)
    }

    /// Signs what says that it is an access token (RFC 9068).
    pub fn signed_as_access_token(&self, claims: &Value) -> String {
        let key = self.state().key;
        let header = Header { typ: Some("at+jwt".to_owned()), ..header(Algorithm::EdDSA, &kid(key)) };
        signed(&header, &ed25519(key), claims)
    }

    /// Takes no code any more.
    pub fn refuse_codes(&self) {
        self.state().refuses_codes = true;
    }

    /// Promises that browsers come back with its name (RFC 9207). Not heard by who has asked before.
    pub fn promise_to_tell_who_it_is(&self) {
        self.state().promises_iss = true;
    }

    /// Signs with another key from now on, and publishes that one only.
    pub fn change_key(&self) {
        self.state().key = 1;
    }

    /// Answers badly when a code is redeemed, from now on.
    pub fn behave(&self, manner: BadManner) {
        self.state().manner = Some(manner);
    }

    /// What the verifier that was shown last hashes to.
    pub fn shown_challenge(&self) -> String {
        BASE64.encode(Sha256::digest(&self.state().verifier))
    }

    /// How often a code was shown.
    pub fn exchanges(&self) -> usize {
        self.state().exchanges
    }

    /// How often it was asked for its keys.
    pub fn key_requests(&self) -> usize {
        self.state().key_requests
    }

    /// How often somebody came whom it had sent on.
    pub fn redirected(&self) -> usize {
        self.state().redirected
    }

    /// How much of an endless answer was taken.
    pub fn sent_bytes(&self) -> usize {
        self.state().sent_bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kid(key: usize) -> String {
    format!("key-{key}")
}

fn header(algorithm: Algorithm, kid: &str) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) }
}

fn ed25519(key: usize) -> EncodingKey {
    EncodingKey::from_ed_der(&[&PKCS8[..], &KEYS[key].0].concat())
}

fn signed(header: &Header, key: &EncodingKey, claims: &Value) -> String {
    encode(header, claims, key).expect("a token is signed")
}

/// One request a connection.
async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path {
        "/.well-known/openid-configuration" => ("200 OK", metadata(&lock(state)).to_string()),
        "/jwks" => ("200 OK", keys(&mut lock(state)).to_string()),
        "/token" => {
            let manner = {
                let mut state = lock(state);
                state.exchanges += 1;
                let verifier = request.split('&').find_map(|pair| pair.strip_prefix("code_verifier="));
                state.verifier = verifier.unwrap_or_default().to_owned();
                state.manner
            };
            match manner {
                Some(manner) => return misbehave(stream, state, manner).await,
                None => tokens(&lock(state)),
            }
        }
        _ => {
            lock(state).redirected += 1;
            ("404 Not Found", "{}".to_owned())
        }
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            let length = lines.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Ok(text);
            }
        }
        if bytes.len() > MAX_REQUEST || stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::Error::other("a request that does not end"));
        }
    }
}

fn metadata(state: &State) -> Value {
    let issuer = &state.issuer;
    json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        "authorization_response_iss_parameter_supported": state.promises_iss,
    })
}

fn keys(state: &mut State) -> Value {
    state.key_requests += 1;
    let x = BASE64.encode(KEYS[state.key].1);
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid(state.key), "x": x}]})
}

fn tokens(state: &State) -> (&'static str, String) {
    if state.refuses_codes {
        return ("400 Bad Request", json!({"error": "invalid_grant"}).to_string());
    }
    let mut tokens = json!({"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300});
    if !state.token.is_empty() {
        tokens["id_token"] = json!(state.token);
    }
    ("200 OK", tokens.to_string())
}

async fn misbehave(mut stream: TcpStream, state: &Mutex<State>, manner: BadManner) -> std::io::Result<()> {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    match manner {
        BadManner::Huge => {
            stream.write_all(format!("{HEAD}content-length: {HUGE}\r\n\r\n").as_bytes()).await?;
            let spaces = vec![b' '; 64 * 1024];
            for _ in 0..HUGE / spaces.len() {
                stream.write_all(&spaces).await?;
                lock(state).sent_bytes += spaces.len();
            }
            Ok(())
        }
        BadManner::Silent => stream.read_to_end(&mut Vec::new()).await.map(drop),
        BadManner::Slow => {
            stream.write_all(format!("{HEAD}\r\n").as_bytes()).await?;
            // Until who asks has lost patience, however much is said by then.
            let mut every = tokio::time::interval(std::time::Duration::from_millis(300));
            loop {
                every.tick().await;
                stream.write_all(b" ").await?;
            }
        }
        BadManner::Closed => Ok(()),
        BadManner::Redirects => {
            let elsewhere = format!("{}/elsewhere", lock(state).issuer);
            let answer = format!("HTTP/1.1 307 Go\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await
        }
        BadManner::Garbage => stream.write_all(format!("{HEAD}\r\n<html>").as_bytes()).await,
    }
}
