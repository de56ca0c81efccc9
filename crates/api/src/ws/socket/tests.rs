//! The server's end against tungstenite's client, and against bytes that no client should send.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, DuplexStream, duplex},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error,
        error::{CapacityError, ProtocolError},
        protocol::Role,
    },
};

use super::*;
use crate::ws::close::Close;

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Client = WebSocketStream<DuplexStream>;

const DEADLINE: Duration = Duration::from_secs(10);

/// Both ends of a connection of which `capacity` bytes are under way at most.
async fn pair(capacity: usize) -> (Socket<DuplexStream>, Client) {
    let (ours, theirs) = duplex(capacity);
    (Socket::new(ours), WebSocketStream::from_raw_socket(theirs, Role::Client, None).await)
}

async fn flush(socket: &mut Socket<DuplexStream>) -> io::Result<()> {
    poll_fn(|cx| socket.poll_flush(cx)).await
}

fn text(text: &str) -> Frame {
    Frame::essential(&text)
}

/// A frame as a client sends it, with the mask `[1, 2, 3, 4]`.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap_or_default()),
        length @ 126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap_or_default().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend(u64::try_from(length).unwrap_or_default().to_be_bytes());
        }
    }
    bytes.extend([1, 2, 3, 4]);
    bytes.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// Everything that is received of these bytes, which come in pieces of `piece` bytes.
async fn received(bytes: &[u8], piece: usize) -> Result<Vec<Message>, Error> {
    let (ours, mut theirs) = duplex(piece);
    let mut socket = Socket::new(ours);
    // Does not go away before what it sent is received: it may be owed answers.
    let sending = async move {
        theirs.write_all(bytes).await?;
        theirs.shutdown().await?;
        Ok::<_, io::Error>(theirs)
    };
    // Ends with the socket: what is not received then is not sent.
    let receiving = async move {
        let mut messages = Vec::new();
        while let Some(message) = socket.next().await {
            messages.push(message?);
        }
        Ok(messages)
    };
    let (_, messages) = tokio::join!(sending, receiving);
    messages
}

#[tokio::test]
async fn frames_of_all_lengths_arrive_in_order_however_little_the_client_takes_at_a_time() -> Outcome {
    let (mut socket, mut client) = pair(1_000).await;
    let texts: Vec<_> = [0, 1, 123, 124, 125, 200, 65_532, 65_533, 65_534, 70_000, 3, 200_000, 5]
        .into_iter()
        .map(|length| "x".repeat(length))
        .collect();
    socket.queue().extend(texts.iter().map(|it| text(it)));
    let receiving = async {
        let mut arrived = Vec::new();
        while arrived.len() < texts.len() {
            let Some(Ok(Message::Text(text))) = client.next().await else { break };
            arrived.push(serde_json::from_str::<String>(&text).unwrap_or_default());
        }
        arrived
    };
    let (sent, arrived) = tokio::join!(flush(&mut socket), receiving);
    sent?;
    assert!(arrived == texts);
    Ok(())
}

#[tokio::test]
async fn what_a_client_sends_is_received() -> Outcome {
    let (mut socket, mut client) = pair(1_000).await;
    let sent = [
        Message::text("grüß dich"),
        Message::binary(vec![7; 300]),
        Message::text("x".repeat(MAX_FRAME_BYTES)),
        Message::text(""),
    ];
    let sending = async {
        for message in sent.clone() {
            client.send(message).await?;
        }
        Ok::<_, Error>(client)
    };
    let receiving = async {
        let mut messages = Vec::new();
        while messages.len() < 4 {
            messages.push(socket.next().await.ok_or(Error::ConnectionClosed)??);
        }
        Ok::<_, Error>(messages)
    };
    let (client, messages) = tokio::join!(sending, receiving);
    client?;
    assert!(messages? == sent);
    Ok(())
}

#[tokio::test]
async fn a_ping_is_answered_between_frames() -> Outcome {
    let (mut socket, mut client) = pair(64).await;
    client.send(Message::Ping("are you there?".into())).await?;
    assert_eq!(socket.next().await.transpose()?, Some(Message::Ping("are you there?".into())));
    let long = "x".repeat(500);
    socket.queue().push_back(text(&long));
    let receiving = async {
        let first = client.next().await;
        (first, client.next().await, client.send(Message::text("bye")).await)
    };
    let sending = async {
        flush(&mut socket).await?;
        socket.next().await.transpose()
    };
    let (sent, (first, second, _)) = tokio::join!(sending, receiving);
    assert_eq!(sent?, Some(Message::text("bye")));
    assert_eq!(first.transpose()?, Some(Message::text(format!("\"{long}\""))));
    assert_eq!(second.transpose()?, Some(Message::Pong("are you there?".into())));
    Ok(())
}

#[tokio::test]
async fn a_client_that_takes_nothing_and_pings_is_owed_one_answer() -> Outcome {
    let (ours, mut theirs) = duplex(64);
    let mut socket = Socket::new(ours);
    for _ in 0..1_000 {
        theirs.write_all(&masked(0x89, b"ping")).await?;
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
        assert!(socket.queue().len() <= 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_goodbye_of_ours_tells_why_and_waits_for_the_clients() -> Outcome {
    let (mut socket, mut client) = pair(1_000).await;
    socket.queue().push_back(text("never sent"));
    let receiving = async {
        let goodbye = client.next().await;
        (goodbye, client.next().await)
    };
    let closing = timeout(DEADLINE, socket.close(Some(Close::TooSlow.frame())));
    let (closed, (goodbye, end)) = tokio::join!(closing, receiving);
    closed??;
    assert_eq!(goodbye.transpose()?, Some(Message::Close(Some(Close::TooSlow.frame()))));
    assert!(end.is_none());
    Ok(())
}

#[tokio::test]
async fn a_goodbye_of_the_clients_is_answered() -> Outcome {
    for (code, answer) in
        [(CloseCode::Normal, CloseCode::Normal), (CloseCode::Reserved(1016), CloseCode::Protocol)]
    {
        let (ours, mut theirs) = duplex(1_000);
        let mut socket = Socket::new(ours);
        let mut goodbye = u16::from(code).to_be_bytes().to_vec();
        goodbye.extend(b"bye");
        theirs.write_all(&masked(0x88, &goodbye)).await?;
        assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(_))))));
        timeout(DEADLINE, socket.close(Some(Close::TooSlow.frame()))).await??;
        let mut answered = Vec::new();
        theirs.read_to_end(&mut answered).await?;
        assert_eq!(answered[0], 0x88);
        assert_eq!(answered[2..4], u16::from(answer).to_be_bytes());
    }
    Ok(())
}

#[tokio::test]
async fn who_sends_on_after_an_error_is_told_of_it_all_the_same() -> Outcome {
    let (ours, mut theirs) = duplex(100);
    let mut socket = Socket::new(ours);
    let too_long = masked(0x81, &vec![b'x'; MAX_FRAME_BYTES + 1]);
    let (mut theirs_read, mut theirs_write) = tokio::io::split(&mut theirs);
    let sending = async {
        theirs_write.write_all(&too_long).await?;
        theirs_write.shutdown().await
    };
    let serving = async {
        let received = socket.next().await;
        let closed = socket.close(Some(Close::TooLarge.frame())).await;
        (received, closed)
    };
    let mut answer = Vec::new();
    let both = async { tokio::join!(sending, serving, theirs_read.read_to_end(&mut answer)) };
    let (sent, (received, closed), _) = timeout(DEADLINE, both).await?;
    sent?;
    closed?;
    assert!(matches!(received, Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. })))));
    assert_eq!((answer[0], &answer[2..4]), (0x88, &1009_u16.to_be_bytes()[..]));
    Ok(())
}

#[tokio::test]
async fn fragments_become_one_message_with_pings_between_them() -> Outcome {
    let mut bytes = masked(0x01, "gr".as_bytes());
    // Cut inside of a character.
    bytes.extend(masked(0x00, &"üß".as_bytes()[..1]));
    bytes.extend(masked(0x89, b"?"));
    bytes.extend(masked(0x80, &"üß".as_bytes()[1..]));
    bytes.extend(masked(0x82, b"\x00\xff"));
    for piece in [1, 2, 3, 7, 1_000] {
        let messages = received(&bytes, piece).await?;
        let expected = [Message::Ping("?".into()), Message::text("grüß"), Message::binary(vec![0, 255])];
        assert_eq!(messages, expected, "in pieces of {piece}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_frame_of_a_client_is_refused() {
    for (bytes, expected) in [
        (vec![0x81, 0x01, b'x'], Some(ProtocolError::UnmaskedFrameFromClient)),
        (masked(0xC1, b"x"), Some(ProtocolError::NonZeroReservedBits)),
        (masked(0x83, b"x"), Some(ProtocolError::InvalidOpcode(3))),
        (masked(0x8B, b"x"), Some(ProtocolError::InvalidOpcode(11))),
        (masked(0x09, b"x"), Some(ProtocolError::FragmentedControlFrame)),
        (masked(0x89, &[b'x'; 126]), Some(ProtocolError::ControlFrameTooBig)),
        (masked(0x80, b"x"), Some(ProtocolError::UnexpectedContinueFrame)),
        (masked(0x88, b"x"), Some(ProtocolError::InvalidCloseSequence)),
        ([masked(0x01, b"x"), masked(0x81, b"x")].concat(), None),
    ] {
        match received(&bytes, 1_000).await {
            Err(Error::Protocol(error)) => {
                assert!(expected.is_none_or(|expected| expected == error), "{bytes:x?}: {error:?}");
            }
            other => assert!(matches!(other, Err(Error::Protocol(_))), "{bytes:x?}: {other:?}"),
        }
    }
    assert!(matches!(received(&masked(0x81, b"\xff"), 1_000).await, Err(Error::Utf8(_))));
}

#[tokio::test]
async fn a_message_is_too_long_also_in_fragments_and_before_it_has_come() {
    let half = vec![b'x'; MAX_FRAME_BYTES / 2 + 1];
    let fragments = [masked(0x01, &half), masked(0x80, &half)].concat();
    let mut announced = vec![0x81, 0x80 | 127];
    announced.extend([0xff; 8]);
    announced.extend([1, 2, 3, 4]);
    for bytes in [fragments, announced] {
        assert!(matches!(received(&bytes, 1_000).await, Err(Error::Capacity(_))));
    }
}

proptest! {
    /// Whatever comes, in whatever pieces: an answer or an error, and no more memory than a message and a read.
    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), piece in 1_usize..100) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ended = runtime.map(|runtime| {
            runtime.block_on(async { timeout(DEADLINE, received(&bytes, piece)).await.is_ok() })
        });
        prop_assert!(ended.is_ok_and(|ended| ended));
    }
}
