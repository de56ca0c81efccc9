//! The page for people: every frame with its fields and an example, made from what the document is made from.

use serde_json::Value;

use super::{
    DESCRIPTION, closes,
    examples::examples,
    frames::{DocumentedFrame, Side, documented_frames},
};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
    color:#1c1e21;background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;\
    padding:.3rem .6rem;border-bottom:1px solid #d5d8dc}code,pre{font:14px/1.4 ui-monospace,monospace}\
    pre{background:#f4f5f7;padding:.8rem;overflow:auto}h3{margin-top:2.5rem}\
    @media(prefers-color-scheme:dark){body{color:#e4e6e9;background:#16181b}th,td{border-color:#3a3f45}\
    pre{background:#22262b}a{color:#8ab4f8}}";

/// The page.
pub(crate) fn page() -> String {
    let (frames, definitions) = documented_frames();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Plaza: the WebSocket protocol</title>\n<style>{STYLE}</style>\n\
         <h1>The WebSocket protocol</h1>\n\
         <p>Connect to <code>/api/v1/ws</code>, or to <code>/api/v1/ws/{{room_id}}</code> for one room. The same for \
         programs: <a href=\"/docs/asyncapi.json\">asyncapi.json</a>. REST: <a href=\"/docs\">/docs</a>.</p>\n"
    );
    html += &prose(DESCRIPTION);
    let rows = closes::rows()
        .into_iter()
        .map(|(code, why, advice)| [code.to_string(), escaped(why), escaped(advice)]);
    html += &table(["Code", "Why", "Come back?"], rows);
    for (side, title) in [(Side::Client, "What clients send"), (Side::Server, "What the server sends")] {
        let of_side = || frames.iter().filter(move |frame| frame.side == side);
        let rows = of_side().map(|frame| {
            [
                format!("<a href=\"#{}\"><code>{}</code></a>", frame.key(), frame.kind),
                prose_line(&frame.summary),
            ]
        });
        html += &format!("<h2>{title}</h2>\n{}", table(["Type", "What it is for"], rows));
        of_side().for_each(|frame| html += &section(frame));
    }
    html += "<h2>What frames are made of</h2>\n";
    for (name, schema) in &definitions {
        let said = schema["description"].as_str().unwrap_or_default();
        html += &format!("<h3 id=\"{name}\">{name}</h3>\n{}{}", prose(said), fields(schema));
    }
    html + "</html>\n"
}

fn section(frame: &DocumentedFrame) -> String {
    let mut html = format!("<h3 id=\"{}\"><code>{}</code></h3>\n", frame.key(), frame.kind);
    html += &prose(&frame.summary);
    html += &prose(&frame.description);
    html += &fields(&frame.schema);
    for example in examples(frame.side, &frame.kind) {
        html += &format!("<pre>{}</pre>\n", escaped(&format!("{example:#}")));
    }
    html
}

/// The fields of an object, those that are always there first; nothing for a schema without any.
fn fields(schema: &Value) -> String {
    let Some(properties) = schema["properties"].as_object() else { return String::new() };
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
    };
    let mut listed: Vec<(&String, &Value)> = properties.iter().filter(|(name, _)| *name != "type").collect();
    listed.sort_by_key(|(name, _)| !is_required(name));
    if listed.is_empty() {
        return String::new();
    }
    let rows = listed.into_iter().map(|(name, property)| {
        let optional = if is_required(name) { "" } else { "?" };
        let said = property["description"].as_str().unwrap_or_default();
        [format!("<code>{name}</code>{optional}"), kind(property), prose_line(said)]
    });
    table(["Field", "Type", "What it is"], rows)
}

/// What a value is, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(parts) = schema["allOf"].as_array().or(schema["anyOf"].as_array()) {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let single = |word: &str| match (word, schema["format"].as_str(), schema["items"].is_object()) {
        ("array", _, true) => format!("list of {}", kind(&schema["items"])),
        ("string", Some(format), _) => format.to_owned(),
        (word, ..) => word.to_owned(),
    };
    match &schema["type"] {
        Value::String(word) => single(word),
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).map(single).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

/// A table of cells that are HTML.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let head: String = head.map(|cell| format!("<th scope=\"col\">{cell}</th>")).concat();
    let rows: String = rows
        .map(|row| format!("<tr>{}</tr>\n", row.map(|cell| format!("<td>{cell}</td>")).concat()))
        .collect();
    format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

/// Paragraphs and lists of words, as descriptions have them.
fn prose(text: &str) -> String {
    let paragraphs = text.trim().split("\n\n").filter(|paragraph| !paragraph.is_empty());
    let html = paragraphs.map(|paragraph| match paragraph.strip_prefix("- ") {
        Some(items) => {
            let items = items.split("\n- ").map(|item| format!("<li>{}</li>\n", prose_line(item)));
            format!("<ul>\n{}</ul>\n", items.collect::<String>())
        }
        None => format!("<p>{}</p>\n", prose_line(paragraph)),
    });
    html.collect()
}

/// Text with `code`.
fn prose_line(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let part = escaped(part);
        if index % 2 == 1 { format!("<code>{part}</code>") } else { part }
    });
    parts.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_to_a_place_on_the_page() {
        let html = page();
        let links: Vec<&str> =
            html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() > 30, "there are {} links", links.len());
        for link in links {
            assert!(html.contains(&format!("id=\"{link}\"")), "{link} leads nowhere");
        }
    }

    #[test]
    fn text_is_shown_as_it_is_written() {
        assert_eq!(prose_line("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
        assert_eq!(prose("one\n\n- two\n- three"), "<p>one</p>\n<ul>\n<li>two</li>\n<li>three</li>\n</ul>\n");
    }
}
