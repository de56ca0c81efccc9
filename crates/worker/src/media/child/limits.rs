//! What a child may use.

use std::io;

use rlimit::{Resource, setrlimit};

/// Standard input, output and error, and a few for what the runtime opens.
const MAX_FILES: u64 = 16;

/// Makes the allocator ask for memory as it is needed: what it has reserved before the limit is set does not count.
pub(super) const ENVIRONMENT: [(&str, &str); 2] =
    [("MIMALLOC_ARENA_RESERVE", "0"), ("MIMALLOC_DISALLOW_ARENA_ALLOC", "1")];

/// Limits this process for good: the bytes of its private memory, its processor time; it writes no files and no core.
pub(super) fn apply(memory: u64, cpu_seconds: u64) -> io::Result<()> {
    setrlimit(Resource::DATA, memory, memory)?;
    setrlimit(Resource::CPU, cpu_seconds, cpu_seconds + 1)?;
    setrlimit(Resource::CORE, 0, 0)?;
    setrlimit(Resource::FSIZE, 0, 0)?;
    setrlimit(Resource::NOFILE, MAX_FILES, MAX_FILES)
}
