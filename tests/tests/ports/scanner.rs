//! The scanner: clamd as it is, and as it may be.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, stream};
use plaza_application::ports::{BlobError, ByteStream, ScanError, Scanner, Verdict};
use plaza_infrastructure::scan::{ClamdAddress, ClamdScanner, ClamdSettings};
use plaza_tests::servers::{Clamd, EICAR, EICAR_SIGNATURE, FakeClamd, Manner};

use super::{Outcome, in_time};

const PATIENCE: Duration = Duration::from_secs(3);
const MAX_BYTES: u64 = 40 * 1024 * 1024;

fn scanner(url: &str) -> Outcome<ClamdScanner> {
    let address = ClamdAddress::parse(url).ok_or("no address of a clamd")?;
    Ok(ClamdScanner::new(ClamdSettings { address, timeout: PATIENCE, max_bytes: MAX_BYTES }))
}

fn pieces(pieces: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> ByteStream {
    stream::iter(pieces.into_iter().map(Ok)).boxed()
}

async fn scan(scanner: &ClamdScanner, bytes: Bytes) -> Outcome<Result<Verdict, ScanError>> {
    in_time(scanner.scan(bytes.len() as u64, pieces([bytes]))).await
}

fn infected() -> Verdict {
    Verdict::Infected { signature: EICAR_SIGNATURE.to_owned() }
}

/// What holds for the real one and for one that behaves.
async fn scans(scanner: &ClamdScanner) -> Outcome {
    scanner.check().await?;
    assert_eq!(scan(scanner, Bytes::from_static(EICAR)).await??, infected());
    assert_eq!(scan(scanner, Bytes::from_static(b"hello")).await??, Verdict::Clean);
    let large = Bytes::from(vec![b'x'; 5_000_000]);
    assert_eq!(scan(scanner, large.clone()).await??, Verdict::Clean);
    let hidden = [large, Bytes::new(), Bytes::from_static(&EICAR[..9]), Bytes::from_static(&EICAR[9..])];
    let size = hidden.iter().map(Bytes::len).sum::<usize>() as u64;
    assert_eq!(in_time(scanner.scan(size, pieces(hidden))).await??, infected(), "in several pieces");
    Ok(())
}

#[tokio::test]
async fn clamd_finds_what_it_knows_over_tcp_and_over_its_socket() -> Outcome {
    let clamd = Clamd::start(MAX_BYTES).await;
    scans(&scanner(&clamd.url())?).await?;
    scans(&scanner(&clamd.socket_url())?).await
}

#[tokio::test]
async fn clamd_finds_what_it_knows_behind_a_picture() -> Outcome {
    let clamd = Clamd::start(MAX_BYTES).await;
    let mut picture = plaza_tests::pictures::png(64, 64);
    let scanner = scanner(&clamd.url())?;
    assert_eq!(scan(&scanner, picture.clone().into()).await??, Verdict::Clean);
    picture.extend(EICAR);
    assert_eq!(scan(&scanner, picture.into()).await??, infected());
    Ok(())
}

#[tokio::test]
async fn clamd_refuses_what_is_larger_than_it_takes() -> Outcome {
    let clamd = Clamd::start(1_000_000).await;
    let scanner = scanner(&clamd.url())?;
    let refused = scan(&scanner, vec![b'x'; 10_000_000].into()).await?;
    assert!(matches!(refused, Err(ScanError::TooLarge { size: 10_000_000 })), "{refused:?}");
    assert_eq!(scan(&scanner, vec![b'x'; 900_000].into()).await??, Verdict::Clean);
    Ok(())
}

#[tokio::test]
async fn clamd_that_hangs_is_not_waited_for_forever() -> Outcome {
    let clamd = Clamd::start(MAX_BYTES).await;
    let scanner = scanner(&clamd.url())?;
    clamd.pause();
    let began = Instant::now();
    let answer = scan(&scanner, vec![b'x'; 10_000_000].into()).await?;
    assert!(matches!(answer, Err(ScanError::Unavailable(_))), "{answer:?}");
    assert!(began.elapsed() < 2 * PATIENCE);
    clamd.resume();
    scans(&scanner).await
}

#[tokio::test]
async fn whoever_speaks_the_protocol_is_understood() -> Outcome {
    let clamd = FakeClamd::start(Manner::Honest).await;
    scans(&scanner(&clamd.url())?).await
}

#[tokio::test]
async fn nothing_but_a_clear_answer_after_the_last_byte_means_clean() -> Outcome {
    let clamd = FakeClamd::start(Manner::Closed).await;
    let scanner = scanner(&clamd.url())?;
    for manner in [
        Manner::Closed,
        Manner::Silent,
        Manner::Says(""),
        Manner::Says("\0"),
        Manner::Says("stream: OK, mostly\0"),
        Manner::Says("stream: Can't allocate memory ERROR\0"),
        Manner::Says("HTTP/1.1 200 OK\r\n\r\n"),
        Manner::Interrupts("stream: OK\0"),
        Manner::TakesOnly(1_000_000, "stream: OK\0"),
    ] {
        clamd.behave(manner);
        let answer = scan(&scanner, vec![b'x'; 9_000_000].into()).await?;
        assert!(matches!(answer, Err(ScanError::Unavailable(_))), "{manner:?}: {answer:?}");
    }
    clamd.behave(Manner::Silent);
    assert!(in_time(scanner.check()).await?.is_err());
    Ok(())
}

#[tokio::test]
async fn a_refusal_in_the_middle_is_heard() -> Outcome {
    let words = "INSTREAM size limit exceeded. ERROR\0";
    let clamd = FakeClamd::start(Manner::TakesOnly(1_000_000, words)).await;
    let scanner = scanner(&clamd.url())?;
    let refused = scan(&scanner, vec![b'x'; 30_000_000].into()).await?;
    assert!(matches!(refused, Err(ScanError::TooLarge { .. })), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_not_even_sent() -> Outcome {
    let scanner = scanner("clamd://127.0.0.1:1")?;
    let refused = scanner.scan(MAX_BYTES + 1, pieces([])).await;
    assert!(matches!(refused, Err(ScanError::TooLarge { .. })), "{refused:?}");
    let answer = scan(&scanner, Bytes::from_static(b"hello")).await?;
    assert!(matches!(answer, Err(ScanError::Unavailable(_))), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_is_not_clean() -> Outcome {
    let clamd = FakeClamd::start(Manner::Honest).await;
    let broken = stream::iter([
        Ok(Bytes::from_static(b"hello")),
        Err(BlobError::Unavailable("the disk is gone".into())),
    ]);
    let answer = in_time(scanner(&clamd.url())?.scan(10, broken.boxed())).await?;
    assert!(matches!(answer, Err(ScanError::Source(BlobError::Unavailable(_)))), "{answer:?}");
    Ok(())
}
