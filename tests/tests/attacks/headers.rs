//! What else may stand in the header, and where else a token that is right may be: neither lets anybody in.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, Method, User, header::AUTHORIZATION, header::HeaderValue},
};
use serde_json::json;

use crate::{report::tell, turns::beside_others};

both_setups!(a_token_proves_something_only_in_its_place, a_header_that_is_larger_than_any_token_is_refused,);

async fn a_token_proves_something_only_in_its_place(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    let token = ada.api.token();
    let status = async |value: &[u8]| {
        let value = HeaderValue::from_bytes(value).expect("a header value");
        let request = anyone.request(Method::GET, "/users/me").header(AUTHORIZATION, value);
        anyone.send(request).await.status.as_u16()
    };
    // The name of a scheme is the same in upper and in lower case (RFC 9110, section 11.1).
    let schemes = ["Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer   "];
    for scheme in schemes {
        assert_eq!(status(format!("{scheme}{token}").as_bytes()).await, 200, "{scheme:?}");
    }

    let mut wrong: Vec<Vec<u8>> = [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "bearer",
        ".",
        "Bearer ..",
        "Bearer null",
        "Basic YWRhOmNvcnJlY3Q=",
        "Negotiate x",
    ]
    .map(|value| value.as_bytes().to_vec())
    .to_vec();
    for (before, after) in [
        ("", ""),
        ("Basic ", ""),
        ("Token ", ""),
        ("JWT ", ""),
        ("Digest ", ""),
        ("DPoP ", ""),
        ("Bearer", ""),
        ("Bearer:", ""),
        ("Bearer: ", ""),
        ("Bearer=", ""),
        ("Bearer\t", ""),
        ("Bearer Bearer ", ""),
        ("Bearer token=", ""),
        ("Bearer \"", "\""),
        ("Bearer <", ">"),
        ("Bearer ", " and more"),
        ("Bearer ", ","),
        ("Bearer ", ", Basic YWRhOmNvcnJlY3Q="),
        ("Basic YWRhOmNvcnJlY3Q=, Bearer ", ""),
        ("Bearer ,", ""),
        ("Bearer ", ";"),
    ] {
        wrong.push(format!("{before}{token}{after}").into_bytes());
    }
    wrong.push(b"Bearer \xff\xfe\xfd".to_vec());
    wrong.push([b"Bearer ".as_slice(), token.as_bytes(), b"\xff"].concat());
    wrong.push([b"Bearer \xc3\x28".as_slice(), token.as_bytes()].concat());
    let mut others = Vec::new();
    for value in &wrong {
        let answered = status(value).await;
        if answered != 401 {
            others.push(format!("{:?}: {answered}", String::from_utf8_lossy(value)));
        }
    }
    let mut elsewhere = 0;
    for path in ["?access_token=", "?token=", "?authorization=Bearer%20", "?ticket=", "#access_token="] {
        anyone.get(&format!("/users/me{path}{token}")).await.expect_problem(401);
        elsewhere += 1;
    }
    for (name, before) in [
        ("cookie", "access_token="),
        ("cookie", "token="),
        ("proxy-authorization", "Bearer "),
        ("x-authorization", "Bearer "),
        ("x-access-token", ""),
        ("x-forwarded-authorization", "Bearer "),
        ("sec-websocket-protocol", "bearer, "),
    ] {
        let request = anyone.request(Method::GET, "/users/me").header(name, format!("{before}{token}"));
        anyone.send(request).await.expect_problem(401);
        elsewhere += 1;
    }
    let form = anyone.request(Method::POST, "/auth/ws-ticket").json(&json!({ "access_token": token }));
    anyone.send(form).await.expect_problem(401);
    elsewhere += 1;
    tell(
        setup,
        "a right token in a wrong place",
        &format!(
            "headers = {}, places = {elsewhere}, answered 401 = {}, others = {}; schemes in any case let in = {}",
            wrong.len(),
            wrong.len() + elsewhere - others.len(),
            others.len(),
            schemes.len()
        ),
    );
    assert!(others.is_empty(), "{others:#?}");
}

async fn a_header_that_is_larger_than_any_token_is_refused(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let sizes = [4_000, 5_000, 50_000, 100_000, 300_000, 600_000, 2_000_000];
    let mut answered = Vec::new();
    for size in sizes {
        let request = ada.api.with_token(&"A".repeat(size));
        let request = request.request(Method::GET, "/users/me");
        // Who sends more than is read may find the connection gone before the answer is there.
        let status = ada.api.try_send(request).await.map_or(431, |answer| answer.status.as_u16());
        answered.push((size, status));
    }
    ada.api.get("/users/me").await.expect(200);
    let is_refusal = |&(size, status): &(usize, u16)| status == 401 || size > 100_000 && status == 431;
    let others = answered.iter().filter(|it| !is_refusal(it)).count();
    tell(setup, "huge tokens", &format!("bytes and answers = {answered:?}, others = {others}"));
    assert_eq!(others, 0, "{answered:?}");
}
