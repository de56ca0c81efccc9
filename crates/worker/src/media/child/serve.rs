//! The child's side: one request, one answer.

use std::{
    env,
    io::{self, Read, Write},
    process::ExitCode,
};

use super::{
    limits,
    wire::{self, Verdict},
};
use crate::media::MediaError;

/// The first argument of a program that shall be a media child; no operator needs it.
pub(super) const ARGUMENT: &str = "media-child";

/// Does media work for the process that started this one, when that is what it was started for. A program that runs a
/// worker calls it first of all, and ends with what it gives.
pub fn media_child() -> Option<ExitCode> {
    if env::args_os().nth(1)? != ARGUMENT {
        return None;
    }
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error}");
            Some(ExitCode::FAILURE)
        }
    }
}

fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let request = wire::read_request(input)?;
    limits::apply(request.memory, request.cpu_seconds)?;
    let size = usize::try_from(request.size).map_err(io::Error::other)?;
    let mut bytes = vec![0; size];
    input.read_exact(&mut bytes)?;
    let verdict = match request.job.run(&bytes) {
        Ok(examined) => Verdict::Examined(examined),
        Err(MediaError::Refused(failure)) => Verdict::Refused(failure),
        Err(MediaError::Crashed(reason)) => Verdict::Failed(reason),
        Err(MediaError::Internal(error)) => Verdict::Failed(error.to_string()),
    };
    drop(bytes);
    wire::write_answer(output, verdict)
}
