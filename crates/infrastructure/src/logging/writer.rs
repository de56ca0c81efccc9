//! Takes lines of the log without waiting for who reads them, and writes many with one call.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// How much may wait to be written, in bytes. What does not fit is left out, and it is told how much that was: who
/// answers requests does not wait for who reads the log.
const MAX_WAITING: usize = 1024 * 1024;
/// How long the end of a process waits for its last lines to be taken.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Lines on their way. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Lines {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lost: u64,
    /// No more will come.
    is_ending: bool,
    /// Everything was written.
    has_ended: bool,
}

impl Lines {
    /// Writes lines to `output`, on a thread of its own, until the returned flush is dropped. That thread also tells
    /// how many lines had no room.
    ///
    /// # Errors
    /// When there can be no thread.
    pub(super) fn start(
        output: impl Write + Send + 'static,
        tell_lost: impl Fn(u64) + Send + 'static,
    ) -> io::Result<(Self, Flush)> {
        let lines = Self::default();
        let written = lines.clone();
        thread::Builder::new()
            .name("plaza-log".to_owned())
            .spawn(move || written.write_to(output, tell_lost))?;
        Ok((lines.clone(), Flush { lines }))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // What is in it is changed by single calls that cannot panic half way.
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        if waiting.bytes.len() + line.len() > MAX_WAITING {
            waiting.lost += 1;
            return;
        }
        let was_empty = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if was_empty {
            self.shared.changed.notify_all();
        }
    }

    fn write_to(&self, mut output: impl Write, tell_lost: impl Fn(u64)) {
        let mut bytes = Vec::new();
        loop {
            let lost;
            {
                let waiting = self.waiting();
                let is_idle = |it: &mut Waiting| it.bytes.is_empty() && it.lost == 0 && !it.is_ending;
                let waiting = self.shared.changed.wait_while(waiting, is_idle);
                let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
                if waiting.bytes.is_empty() && waiting.lost == 0 {
                    waiting.has_ended = true;
                    drop(waiting);
                    return self.shared.changed.notify_all();
                }
                mem::swap(&mut waiting.bytes, &mut bytes);
                lost = mem::take(&mut waiting.lost);
            }
            // Where nobody reads the log any more, there is nobody to tell.
            let _ = output.write_all(&bytes);
            let _ = output.flush();
            bytes.clear();
            if lost > 0 {
                tell_lost(lost);
            }
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

/// One line, which is written with one call.
pub(super) struct Line<'a>(&'a Lines);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.take(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes, when it is dropped, what is still on its way; waits a second at most.
#[must_use]
pub struct Flush {
    lines: Lines,
}

impl Drop for Flush {
    fn drop(&mut self) {
        let mut waiting = self.lines.waiting();
        waiting.is_ending = true;
        self.lines.shared.changed.notify_all();
        drop(self.lines.shared.changed.wait_timeout_while(waiting, FLUSH_TIMEOUT, |it| !it.has_ended));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// Hands on what is written, each time once it is told to.
    struct Slow {
        written: Sender<Vec<u8>>,
        go_on: Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.send(bytes.to_vec()).map_err(io::Error::other)?;
            self.go_on.recv().map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A writer that waits, what it was given, what it waits for, and how many lines were told to be lost.
    struct Scene {
        lines: Lines,
        flush: Flush,
        taken: Receiver<Vec<u8>>,
        go_on: Sender<()>,
        lost: Receiver<u64>,
    }

    fn scene() -> io::Result<Scene> {
        let ((written, taken), (tell, waits), (losses, lost)) = (channel(), channel(), channel());
        let tell_lost = move |lines| {
            losses.send(lines).ok();
        };
        let (lines, flush) = Lines::start(Slow { written, go_on: waits }, tell_lost)?;
        Ok(Scene { lines, flush, taken, go_on: tell, lost })
    }

    #[test]
    fn what_comes_while_a_line_is_written_is_written_together() -> TestResult {
        let Scene { lines, flush, taken, go_on, .. } = scene()?;
        lines.make_writer().write_all(b"one\n")?;
        assert_eq!(taken.recv()?, b"one\n");
        lines.make_writer().write_all(b"two\n")?;
        lines.make_writer().write_all(b"three\n")?;
        go_on.send(())?;
        assert_eq!(taken.recv()?, b"two\nthree\n");
        go_on.send(())?;
        drop(flush);
        Ok(())
    }

    #[test]
    fn nobody_waits_for_a_reader_and_it_is_told_what_was_left_out() -> TestResult {
        let Scene { lines, flush, taken, go_on, lost } = scene()?;
        lines.make_writer().write_all(b"one\n")?;
        assert_eq!(taken.recv()?, b"one\n");
        let large = vec![b'x'; MAX_WAITING];
        for _ in 0..3 {
            lines.make_writer().write_all(&large)?;
        }
        go_on.send(())?;
        assert_eq!(taken.recv()?.len(), large.len());
        go_on.send(())?;
        assert_eq!(lost.recv()?, 2);
        drop(flush);
        Ok(())
    }

    #[test]
    fn the_last_lines_are_written_before_the_end() -> TestResult {
        let Scene { lines, flush, taken, go_on, .. } = scene()?;
        lines.make_writer().write_all(b"one\n")?;
        assert_eq!(taken.recv()?, b"one\n");
        lines.make_writer().write_all(b"last\n")?;
        go_on.send(())?;
        go_on.send(())?;
        drop(flush);
        assert_eq!(taken.try_recv()?, b"last\n");
        Ok(())
    }
}
