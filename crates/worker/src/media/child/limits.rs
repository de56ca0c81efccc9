//! What a child may use.

use std::io;

use rlimit::{Resource, setrlimit};

/// Standard input, output and error, and a few for what the runtime opens.
const MAX_FILES: u64 = 16;

/// Has the allocator take memory 32 MiB at a time, which the kernel then gives out in large pages: by pages of 4 KiB, a
/// third of a picture's time would go into faults. It keeps what it has: a child ends soon.
pub(super) const ENVIRONMENT: [(&str, &str); 2] =
    [("MIMALLOC_ARENA_RESERVE", "32768"), ("MIMALLOC_PURGE_DELAY", "-1")];

/// Limits this process for good: the bytes of its private memory, its processor time; it writes no files and no core.
pub(super) fn apply(memory: u64, cpu_seconds: u64) -> io::Result<()> {
    setrlimit(Resource::DATA, memory, memory)?;
    setrlimit(Resource::CPU, cpu_seconds, cpu_seconds + 1)?;
    setrlimit(Resource::CORE, 0, 0)?;
    setrlimit(Resource::FSIZE, 0, 0)?;
    setrlimit(Resource::NOFILE, MAX_FILES, MAX_FILES)
}
