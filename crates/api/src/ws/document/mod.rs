//! The AsyncAPI 3.0 document of the WebSocket protocol, made from the types of the frames.

mod closes;
mod examples;
mod frames;
mod page;
#[cfg(test)]
mod rules;
mod schemas;

use serde_json::{Map, Value, json};

use self::frames::{DocumentedFrame, Side, documented_frames};
pub(crate) use self::page::page;

const ASYNCAPI: &str = "3.0.0";
/// The channels: the key, the address, what it is for.
const CHANNELS: [(&str, &str, &str); 2] = [
    ("all_rooms", "/api/v1/ws", "Everything the user may see: subscribe to any of one's rooms"),
    ("one_room", "/api/v1/ws/{room_id}", "The same protocol, already subscribed to one room"),
];
const DESCRIPTION: &str = "\
Rooms and messages in real time. One connection speaks JSON text frames, one object each, told apart by `type`.

Clients ignore fields and types of frames that they do not know: both may be added without a new version. So does the \
server with fields; a type that it does not know is answered by `error`, and the connection stays.

The first frame after authentication is `hello`. Who is connecting is told by the header `Authorization: Bearer`, by \
`?ticket=` with a one-time ticket of `POST /api/v1/auth/ws-ticket`, by `?token=` with an access token (an operator can \
turn that off), or by a first frame `authenticate` within 5 seconds.

In each room, `message`, `message_updated`, `message_deleted`, `member_…` and `room_…` arrive with rising `version`, and \
from `synced` on without a hole. `seq` counts a room's messages without gaps. What a client does not have is new to it \
and comes as `message`, also when it was edited meanwhile. But who lost the connection before `synced`, and resumes from \
the last version that came, may get `message_updated` for a message that was to come later: it holds the whole message.

When the server closes a connection, the code says why, and whether to come back:

";

/// The document.
pub(crate) fn document() -> String {
    let mut text = format!("{:#}", assembled());
    text.push('\n');
    text
}

fn assembled() -> Value {
    let (frames, definitions) = documented_frames();
    let schemas = frames.iter().map(|frame| (frame.schema_name(), frame.schema.clone())).chain(definitions);
    let messages = frames.iter().map(|frame| (frame.key(), message(frame)));
    json!({
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Plaza",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("{DESCRIPTION}{}", closes::table()),
            "license": {"name": "MIT OR Apache-2.0"}
        },
        "defaultContentType": "application/json",
        "servers": {"plain": server("ws"), "encrypted": server("wss")},
        "channels": CHANNELS.map(|channel| (channel.0.to_owned(), self::channel(channel, &frames)))
            .into_iter().collect::<Map<_, _>>(),
        "operations": operations(&frames),
        "components": {
            "messages": messages.collect::<Map<_, _>>(),
            "schemas": schemas.collect::<Map<_, _>>(),
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "An access token of `POST /api/v1/auth/login`"
                },
                "ticket": {
                    "type": "httpApiKey", "in": "query", "name": "ticket",
                    "description": "A one-time ticket of `POST /api/v1/auth/ws-ticket`, good for 30 seconds"
                },
                "token": {
                    "type": "httpApiKey", "in": "query", "name": "token",
                    "description": "An access token, for simple clients; an operator can turn this off"
                }
            }
        }
    })
}

fn server(protocol: &str) -> Value {
    let security = ["bearer", "ticket", "token"];
    json!({
        "host": "{host}",
        "protocol": protocol,
        "description": "A Plaza server",
        "variables": {"host": {"description": "Where the server is", "default": "127.0.0.1:8000"}},
        "security": security.map(|name| reference(&["components", "securitySchemes", name]))
    })
}

fn channel((_, address, summary): (&str, &str, &str), frames: &[DocumentedFrame]) -> Value {
    let messages = frames.iter().map(|frame| {
        let key = frame.key();
        let message = reference(&["components", "messages", &key]);
        (key, message)
    });
    let mut channel = json!({
        "address": address,
        "summary": summary,
        "messages": messages.collect::<Map<_, _>>(),
        "bindings": {"ws": {
            "method": "GET",
            "query": {
                "type": "object",
                "properties": {
                    "ticket": {"type": "string", "description": "A one-time ticket"},
                    "token": {"type": "string", "description": "An access token"}
                }
            },
            "bindingVersion": "0.1.0"
        }}
    });
    if address.contains("{room_id}") {
        channel["parameters"] = json!({
            "room_id": {"description": "The room, by its id (a UUID), which client frames then may leave out"}
        });
    }
    channel
}

/// What the server does: it receives what clients send, and sends.
fn operations(frames: &[DocumentedFrame]) -> Map<String, Value> {
    let sides =
        [(Side::Client, "receive", "What clients may send"), (Side::Server, "send", "What the server tells")];
    let operations = CHANNELS.into_iter().flat_map(|(channel, ..)| {
        sides.map(|(side, action, summary)| {
            let of_side = frames.iter().filter(|frame| frame.side == side);
            let messages = of_side.map(|frame| reference(&["channels", channel, "messages", &frame.key()]));
            let operation = json!({
                "action": action,
                "channel": reference(&["channels", channel]),
                "summary": summary,
                "messages": messages.collect::<Vec<_>>()
            });
            (format!("{channel}_{action}"), operation)
        })
    });
    operations.collect()
}

fn message(frame: &DocumentedFrame) -> Value {
    let examples = examples::examples(frame.side, &frame.kind).into_iter();
    let mut message = json!({
        "name": frame.kind,
        "title": frame.title(),
        "summary": frame.summary,
        "payload": reference(&["components", "schemas", &frame.schema_name()]),
        "examples": examples.map(|payload| json!({"payload": payload})).collect::<Vec<_>>()
    });
    if !frame.description.is_empty() {
        message["description"] = frame.description.clone().into();
    }
    if frame.schema["properties"].get("id").is_some() {
        message["correlationId"] = json!({
            "description": "What the client calls its frame; the answer repeats it",
            "location": "$message.payload#/id"
        });
    }
    message
}

fn reference(path: &[&str]) -> Value {
    json!({"$ref": format!("#/{}", path.join("/"))})
}
