//! Rules that tie the table to the operations and frames that there are: a new one without a row fails here.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

use serde_json::{Value, json};

use super::{
    document,
    needs::{Access, Needs},
    operations::OPERATIONS,
};
use crate::{routes, ws};

/// How the names of frames begin; those of operations begin with a method.
const FRAME: &str = "WS ";

/// The names of rows that are operations, or frames.
fn rows(of_frames: bool) -> BTreeSet<String> {
    let names = OPERATIONS.iter().map(|operation| operation.name);
    names.filter(|name| name.starts_with(FRAME) == of_frames).map(str::to_owned).collect()
}

/// The operations of the OpenAPI document, each with whether it can be called without a login.
fn documented() -> Result<Vec<(String, bool)>, serde_json::Error> {
    let document: Value = serde_json::from_str(&routes::document())?;
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| {
            // One of several ways to prove who one is may be to prove nothing.
            let ways = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            let is_public = ways.is_empty() || ways.contains(&json!({}));
            (format!("{} {path}", method.to_uppercase()), is_public)
        })
    });
    Ok(operations.collect())
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() -> Result<(), Box<dyn Error>> {
    let documented: BTreeSet<String> = documented()?.into_iter().map(|(name, _)| name).collect();
    let rows = rows(false);
    let missing: Vec<_> = documented.difference(&rows).collect();
    assert!(missing.is_empty(), "add them to permissions/operations.rs: {missing:#?}");
    let unknown: Vec<_> = rows.difference(&documented).collect();
    assert!(unknown.is_empty(), "the API has no such operations: {unknown:#?}");
    Ok(())
}

#[test]
fn every_frame_has_a_row_and_every_row_a_frame() -> Result<(), Box<dyn Error>> {
    let document: Value = serde_json::from_str(&ws::document())?;
    let messages = document["components"]["messages"].as_object().into_iter().flatten();
    let kinds = messages.filter_map(|(key, _)| key.strip_prefix("client_"));
    let frames: BTreeSet<String> = kinds.map(|kind| format!("{FRAME}{kind}")).collect();
    assert_eq!(rows(true), frames, "the left ones stand in permissions/operations.rs");
    Ok(())
}

#[test]
fn who_is_not_logged_in_may_what_the_document_says_and_no_more() -> Result<(), Box<dyn Error>> {
    for (name, is_public) in documented()? {
        for operation in OPERATIONS.iter().filter(|operation| operation.name == name) {
            assert_eq!(operation.needs == Needs::Nothing, is_public, "{name}");
            let is_allowed = operation.needs.answer_to_nobody() == Access::Allowed;
            assert_eq!(is_allowed, is_public, "{name}");
        }
    }
    Ok(())
}

#[test]
fn no_two_rows_say_the_same_of_one_operation() {
    let mut seen = BTreeSet::new();
    for operation in OPERATIONS {
        assert!(seen.insert((operation.name, operation.case, operation.needs.resources()[0].title())));
    }
}

#[test]
fn the_committed_document_is_fresh() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let is_fresh = fs::read_to_string(committed)? == document();
    assert!(is_fresh, "docs/permissions.md is stale: run `make permissions`");
    Ok(())
}
