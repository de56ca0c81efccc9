//! The AsyncAPI document keeps its word: its examples fit, and what it does not describe is found.

use plaza_tests::client::frames::{documented_examples, faults_of_received, faults_of_sent};
use serde_json::{Value, json};

fn example_of(key: &str) -> Option<Value> {
    documented_examples().into_iter().find_map(|(name, example)| (name == key).then_some(example))
}

#[test]
fn every_example_is_what_its_schema_describes() {
    let examples = documented_examples();
    assert!(examples.len() > 30, "there are {} examples", examples.len());
    for (key, example) in examples {
        let faults =
            if key.starts_with("client_") { faults_of_received(&example) } else { faults_of_sent(&example) };
        assert_eq!(faults, Vec::<String>::new(), "{key}: {example}");
    }
}

#[test]
fn what_the_document_does_not_describe_is_found() -> Result<(), String> {
    let message = example_of("server_message").ok_or("there is no example of message")?;
    let spoilt = |spoil: fn(&mut Value)| {
        let mut frame = message.clone();
        spoil(&mut frame);
        frame
    };
    let bad = [
        spoilt(|frame| frame["type"] = "dance".into()),
        spoilt(|frame| frame["mood"] = "good".into()),
        spoilt(|frame| frame["message"]["mood"] = "good".into()),
        spoilt(|frame| frame["message"]["sender"]["mood"] = "good".into()),
        spoilt(|frame| frame["message"]["sender"] = Value::Null),
        spoilt(|frame| frame["message"]["message_type"] = "song".into()),
        spoilt(|frame| frame["message"]["created_at"] = "2026-11-21T12:00:00Z".into()),
        spoilt(|frame| frame["room_id"] = "lounge".into()),
        spoilt(|frame| frame["seq"] = 0.into()),
        json!({"type": "synced"}),
        json!({"type": "ack"}),
    ];
    for frame in bad {
        assert!(!faults_of_sent(&frame).is_empty(), "{frame}");
    }
    Ok(())
}
