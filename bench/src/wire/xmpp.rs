//! XMPP over WebSocket (RFC 7395) and its group chats (XEP-0045).

use async_trait::async_trait;

use super::{Dialect, Socket};
use crate::{Failure, stage::Seat};

const OPEN: &str = r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#;
const LOG_IN: &str = r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>"#;
const BIND: &str =
    r#"<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>"#;
/// The status of one's own presence in a room: one has entered.
const ENTERED: &str = "='110'";

/// Nobody has an account: everybody logs in as somebody new.
pub(crate) struct Xmpp;
/// XMPP's group chats.
pub(crate) const XMPP: &dyn Dialect = &Xmpp;

fn address(seat: &Seat) -> String {
    format!("{}@rooms.localhost", seat.room_id)
}

#[async_trait]
impl Dialect for Xmpp {
    fn path(&self, _: &Seat) -> String {
        "/xmpp-websocket".to_owned()
    }

    fn subprotocol(&self) -> Option<&'static str> {
        Some("xmpp")
    }

    async fn enter(&self, socket: &mut Socket, seat: &Seat) -> Result<(), Failure> {
        // Who begins anew has another name: the one of the first try may be in the room by then, and names are taken once.
        let name = format!("{}-{:08x}", seat.username, fastrand::u32(..));
        let enter = format!(
            r#"<presence xmlns="jabber:client" to="{}/{name}"><x xmlns="http://jabber.org/protocol/muc"><history maxstanzas="0"/></x></presence>"#,
            address(seat)
        );
        let steps = [
            (OPEN, "ANONYMOUS"),
            (LOG_IN, "<success"),
            (OPEN, "xmpp-bind"),
            (BIND, "<jid>"),
            (enter.as_str(), ENTERED),
        ];
        for (words, answer) in steps {
            socket.say(words)?;
            socket.flush().await?;
            socket.wait_for(answer).await?;
        }
        Ok(())
    }

    fn post(&self, seat: &Seat, text: &str) -> String {
        let to = address(seat);
        format!(r#"<message xmlns="jabber:client" to="{to}" type="groupchat"><body>{text}</body></message>"#)
    }
}
