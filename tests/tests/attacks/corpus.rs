//! Every bad access token is refused, wherever it is shown: over REST, to a WebSocket's address, and in its first frame.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use jsonwebtoken::{EncodingKey, Header, decode_header};
use plaza_application::ports::{AccessClaims, AccessTokens, KeyRing};
use plaza_domain::{Clock, SessionId, Timestamp};
use plaza_infrastructure::{
    clock::SystemClock,
    security::{Ed25519KeyRing, JwtAccessTokens, ServerSecret},
};
use plaza_tests::{
    OpenPlaza, Setup, both_setups,
    client::{
        Api, Method, PASSWORD, Socket, User,
        header::{AUTHORIZATION, HeaderValue},
    },
};
use serde_json::json;

use crate::{
    bad_tokens::{Bad, claims_of, made_without_a_key, signed_with_other_keys, typed},
    claims::{Others, forged, said_wrongly, signed},
    mutations::mutations,
    report::tell,
    turns::beside_others,
};

const SECRET: &str = "a secret that only these tests and their servers know";
const PARALLEL: usize = 8;
/// What would leave traces, if it were done.
const OPERATIONS: [(Method, &str); 6] = [
    (Method::GET, "/users/me"),
    (Method::POST, "/rooms"),
    (Method::POST, "/auth/logout"),
    (Method::POST, "/auth/ws-ticket"),
    (Method::DELETE, "/users/me/sessions"),
    (Method::DELETE, "/users/me"),
];

both_setups!(bad_tokens_are_always_refused, bad_tokens_are_always_refused_also_with_a_secret_key);

async fn bad_tokens_are_always_refused(setup: Setup) {
    let _turn = beside_others().await;
    let open = OpenPlaza::start(setup, |options| options.variable("PLAZA_AUTH__SECRET", SECRET)).await;
    let ada = User::register(open.plaza.a(), "ada").await;
    // Who has the server's secret and its database can sign as it does.
    let ring = Ed25519KeyRing::new(&ServerSecret::new(SECRET)).expect("a ring");
    let mut read = open.store.read().await.expect("the database");
    let mut keys = read.signing_keys().list(SystemClock.now()).await.expect("the database");
    // Who signs by hand also signs what is older than the key.
    keys.iter_mut().for_each(|key| key.signs_from = Timestamp::UNIX_EPOCH);
    assert_eq!(ring.hold(&keys), 0);
    let ring = Arc::new(ring);
    let sign = |issuer: &str, audience: &str, claims: &AccessClaims| {
        let tokens = JwtAccessTokens::with_key_ring(Arc::clone(&ring), issuer, audience);
        tokens.issue(claims).expect("a token")
    };
    let published = Api::anonymous(open.plaza.a()).get("//.well-known/jwks.json").await.expect(200);
    let public_keys = published["keys"].as_array().expect("keys");
    assert_eq!(public_keys.len(), 1);
    let mut bad = signed_with_other_keys(ada.api.token(), public_keys);
    bad.push(("an earlier version's".to_owned(), with_secret(&ada, &typed(jsonwebtoken::Algorithm::HS256))));
    try_all(setup, "Ed25519", &open, &ada, bad, sign).await;
}

async fn bad_tokens_are_always_refused_also_with_a_secret_key(setup: Setup) {
    let _turn = beside_others().await;
    let open = OpenPlaza::start(setup, |options| {
        options.variable("PLAZA_AUTH__SECRET", SECRET).variable("PLAZA_AUTH__ALGORITHM", "HS256")
    })
    .await;
    let ada = User::register(open.plaza.a(), "ada").await;
    let sign = |issuer: &str, audience: &str, claims: &AccessClaims| {
        let tokens = JwtAccessTokens::with_secret(&ServerSecret::new(SECRET), issuer, audience);
        tokens.issue(claims).expect("a token")
    };
    let right = decode_header(ada.api.token()).expect("a header");
    // The same by the same hand is let in when nothing is wrong with it.
    ada.api.with_token(&with_secret(&ada, &right)).get("/users/me").await.expect(200);
    let mut bad = signed_with_other_keys(ada.api.token(), &[]);
    bad.extend(forged(&claims_of(ada.api.token()), &right, &secret_key()));
    bad.push(("an earlier version's".to_owned(), with_secret(&ada, &typed(right.alg))));
    try_all(setup, "HS256", &open, &ada, bad, sign).await;
}

/// What a user's token says, signed with the key that follows from the secret.
fn with_secret(user: &User, header: &Header) -> String {
    signed(header, &claims_of(user.api.token()).to_string(), &secret_key())
}

fn secret_key() -> EncodingKey {
    EncodingKey::from_secret(&ServerSecret::new(SECRET).derive("plaza/access-token/1"))
}

/// Shows every bad token to both instances; `sign` signs as the server does.
async fn try_all(
    setup: Setup,
    algorithm: &str,
    open: &OpenPlaza,
    ada: &User,
    mut bad: Vec<Bad>,
    sign: impl Fn(&str, &str, &AccessClaims) -> String,
) {
    let plaza = &open.plaza;
    let (bob, ended) = (User::register(plaza.a(), "bob").await, User::log_in(plaza.a(), "ada").await);
    let second = User::log_in(plaza.b(), "ada").await;
    ended.api.post_empty("/auth/logout").await.expect(204);
    let now = SystemClock.now();
    let right = AccessClaims {
        user_id: ada.id.parse().expect("an id"),
        session_id: session_of(ada),
        issued_at: now,
        expires_at: now + Duration::from_secs(600),
    };
    // The same by the same hand is let in when nothing is wrong with it.
    ada.api.with_token(&sign("plaza", "plaza", &right)).get("/users/me").await.expect(200);
    let others = Others {
        user_id: bob.id.parse().expect("an id"),
        session_id: session_of(&bob),
        ended: session_of(&ended),
    };
    bad.extend(said_wrongly(&right, &others, &sign));
    bad.extend(made_without_a_key(ada.api.token()));
    bad.push(("of a login that has ended".to_owned(), ended.api.token().to_owned()));
    bad.push(("a refresh token".to_owned(), ada.refresh_token.clone()));
    let thought_of = bad.len();
    bad.extend(mutations(ada.api.token()));
    assert!(bad.iter().all(|(_, token)| token != ada.api.token()));

    let bases = [Api::anonymous(plaza.a()), Api::anonymous(plaza.b())];
    let attempts = bad.iter().enumerate().flat_map(|(number, (what, token))| {
        let anyone = &bases[number % 2];
        let places = if number < thought_of { Place::all(number) } else { Place::some(number) };
        places.into_iter().filter(|place| place.takes(token)).map(move |place| (anyone, what, token, place))
    });
    let answers: Vec<_> = stream::iter(attempts)
        .map(|(anyone, what, token, place)| async move { (what, place, place.show(anyone, token).await) })
        .buffer_unordered(PARALLEL)
        .collect()
        .await;
    let (mut counts, mut other) = (BTreeMap::new(), Vec::new());
    for (what, place, status) in answers {
        *counts.entry(status).or_insert(0) += 1;
        if ![401, 4401].contains(&status) {
            other.push(format!("{what} at {place:?}: {status}"));
        }
    }
    let count = |status: u16| counts.get(&status).copied().unwrap_or_default();
    let (shown, (refused, closed)) = (counts.values().sum::<i32>(), (count(401), count(4401)));
    tell(
        setup,
        &format!("bad access tokens, {algorithm}"),
        &format!(
            "tokens = {}, shown = {shown}, answered 401 = {refused}, closed with 4401 = {closed}, others = {}",
            bad.len(),
            other.len()
        ),
    );
    assert!(other.is_empty(), "{other:#?}");
    // Nothing was done in Ada's name.
    for login in [ada, &second] {
        login.api.get("/users/me").await.expect(200);
    }
    assert_eq!(ada.api.get("/rooms").await.expect(200)["items"], json!([]));
}

/// Where a token is shown.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In the header of an operation, by number.
    Rest(usize),
    /// In the header of a WebSocket's request.
    Header,
    /// In the first frame of a WebSocket.
    Frame,
    /// Where tickets are shown.
    Ticket,
}

impl Place {
    /// Two operations, and all that WebSockets have: for what somebody thought of.
    fn all(number: usize) -> Vec<Self> {
        vec![Self::Rest(number), Self::Rest(number + 1), Self::Header, Self::Frame, Self::Ticket]
    }

    /// An operation, and a place of WebSockets: for what chance has made.
    fn some(number: usize) -> Vec<Self> {
        vec![Self::Rest(number), [Self::Header, Self::Frame, Self::Ticket][number % 3]]
    }

    /// Whether it can be shown there at all.
    fn takes(self, token: &str) -> bool {
        match self {
            Self::Rest(_) => HeaderValue::try_from(token).is_ok(),
            Self::Header => token.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            Self::Frame => token.len() < 60_000,
            // An address of more than 64 KiB is none.
            Self::Ticket => token.len() < 10_000,
        }
    }

    /// The status, or the code with which the connection is closed.
    async fn show(self, anyone: &Api, token: &str) -> u16 {
        let base = anyone.base();
        let mut socket = match self {
            Self::Rest(number) => return ask(anyone, token, number).await,
            Self::Header => Socket::connect(base, "", token).await,
            Self::Frame => {
                let mut socket = Socket::connect(base, "", "").await;
                socket.send(json!({ "type": "authenticate", "token": token })).await;
                socket
            }
            Self::Ticket => {
                let ticket: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
                Socket::connect(base, &format!("?ticket={ticket}"), "").await
            }
        };
        socket.close_code().await
    }
}

async fn ask(anyone: &Api, token: &str, number: usize) -> u16 {
    let (method, path) = OPERATIONS[number % OPERATIONS.len()].clone();
    let request = anyone.request(method, path).header(AUTHORIZATION, format!("Bearer {token}"));
    let body = json!({ "name": "Taken over", "password": PASSWORD });
    let answer = anyone.send(request.json(&body)).await;
    if answer.status == 401 {
        let problem = answer.expect_problem(401).to_string();
        assert!(!problem.contains("Invalid") && !problem.contains("Error"), "no internals: {problem}");
    }
    answer.status.as_u16()
}

fn session_of(user: &User) -> SessionId {
    let claims = claims_of(user.api.token());
    claims["sid"].as_str().and_then(|sid| sid.parse().ok()).expect("a session")
}
