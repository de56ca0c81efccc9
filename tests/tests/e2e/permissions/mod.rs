//! The table of permissions, `docs/permissions.md`, tried on a server: every operation and frame, by everybody there may
//! be. It prints its counts: `cargo test -p plaza-tests --test e2e -- permissions:: --nocapture`.
#![expect(clippy::print_stdout, reason = "the counts are what these tests are run for")]

mod frame;

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use plaza_tests::{
    Plaza, Setup, both_setups,
    client::Api,
    permissions::{
        call::{NOTHING, Subject, call},
        matrix::{ROLES, Row, rows},
        stage::{Stage, about},
    },
};

both_setups!(
    every_operation_and_every_frame_has_a_row,
    the_server_answers_everybody_as_the_table_says,
    nobody_is_let_in_but_where_the_table_says,
);

/// How many cells are tried at a time: fewer than connections that a user may have.
const PARALLEL: usize = 6;
/// What else than success tells that one may, as what the request is about is not there.
const ELSE: [(&str, u16); 10] = [
    ("GET /users/me/export", 404),
    ("POST /auth/verify-email", 422),
    ("POST /auth/password-reset", 422),
    ("POST /auth/email-change", 422),
    ("POST /auth/login/second-factor", 401),
    ("POST /auth/oidc/token", 401),
    ("GET /auth/oidc/{provider}/login", 404),
    ("GET /auth/oidc/{provider}/callback", 401),
    ("POST /users/me/identities", 404),
    ("DELETE /admin/invitations/{invitation_id}", 404),
];

async fn every_operation_and_every_frame_has_a_row(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let api = Api::anonymous(plaza.a());
    let rows: BTreeSet<String> = rows().into_iter().map(|row| row.name).collect();
    let openapi = api.get("/openapi.json").await.expect(200);
    let paths = openapi["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
    });
    let asyncapi = api.get("//docs/asyncapi.json").await.expect(200);
    let messages = asyncapi["components"]["messages"].as_object().expect("messages");
    let frames =
        messages.keys().filter_map(|key| key.strip_prefix("client_")).map(|kind| format!("WS {kind}"));
    let documented: BTreeSet<String> = operations.chain(frames).collect();
    assert_eq!(rows, documented);
}

async fn the_server_answers_everybody_as_the_table_says(setup: Setup) {
    let (stage, rows) = (Stage::set(setup).await, rows());
    let cells = rows.iter().flat_map(|row| {
        row.answers.iter().flat_map(move |(standing, answers)| {
            answers.iter().enumerate().map(move |(role, expected)| (row, standing, role, expected))
        })
    });
    let cells: Vec<_> = cells.collect();
    let outcomes: Vec<_> = stream::iter(&cells)
        .map(|(row, standing, role, expected)| {
            let stage = &stage;
            async move {
                let found = try_cell(stage, row, standing, *role).await;
                let place = format!("{}: {}: {} {standing}", row.table, row.title(), ROLES[*role]);
                (!fits(row, expected, &found)).then(|| format!("{place}: {found}, not {expected}"))
            }
        })
        .buffer_unordered(PARALLEL)
        .collect()
        .await;
    let wrong: Vec<String> = outcomes.into_iter().flatten().collect();
    println!("{setup:?}: {} rows, {} cells tried: {} wrong", rows.len(), cells.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn nobody_is_let_in_but_where_the_table_says(setup: Setup) {
    let (stage, rows) = (Stage::set(setup).await, rows());
    let anonymous = Api::anonymous(stage.plaza.plaza.a());
    let (mut refused, mut wrong) = (0, Vec::new());
    for row in &rows {
        let found = if row.nobody == "yes" {
            let scene = stage.scene(row, "logged in", 1).await;
            if row.is_frame() {
                frame::send_by_nobody(row, anonymous.base(), &scene.user, &scene.subject).await
            } else {
                call(&stage.openapi, row, &anonymous, &fitted(row, scene.subject))
                    .await
                    .status
                    .as_str()
                    .to_owned()
            }
        } else if row.is_frame() {
            refused += 1;
            frame::send_by_nobody(row, anonymous.base(), &stage.host, &about(row, NOTHING)).await
        } else {
            refused += 1;
            call(&stage.openapi, row, &anonymous, &fitted(row, Subject::default()))
                .await
                .status
                .as_str()
                .to_owned()
        };
        if !fits(row, &row.nobody, &found) {
            wrong.push(format!("{}: {found}, not {}", row.title(), row.nobody));
        }
    }
    println!("{setup:?}: {} rows without a login: {refused} refused, {} wrong", rows.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn try_cell(stage: &Stage, row: &Row, standing: &str, role: usize) -> String {
    let scene = stage.scene(row, standing, role).await;
    let subject = fitted(row, scene.subject);
    if row.is_frame() {
        return frame::send(row, &scene.user, &subject).await;
    }
    call(&stage.openapi, row, &scene.user.api, &subject).await.status.as_str().to_owned()
}

/// What a row needs that is the same in every scene, or has another name there.
fn fitted(row: &Row, subject: Subject) -> Subject {
    let mut fitted = about(row, NOTHING);
    fitted.extend(subject);
    match row.name.as_str() {
        "GET /files/{file_id}/text" => {
            let document_id = fitted.text("document_id");
            fitted.with("file_id", document_id)
        }
        "GET /media/{name}" => {
            let name = format!("{}.png", fitted.text("file_id"));
            fitted.with("name", name)
        }
        _ => fitted,
    }
}

/// Whether a status is what a cell says. A conflict with how things stand is met only by those who may.
fn fits(row: &Row, expected: &str, found: &str) -> bool {
    if expected != "yes" {
        return found == expected;
    }
    let status: Option<u16> = found.parse().ok();
    let is_success = |status| (200..400).contains(&status) || status == 409;
    found == "yes" || status.is_some_and(|status| is_success(status) || ELSE.contains(&(&*row.name, status)))
}
