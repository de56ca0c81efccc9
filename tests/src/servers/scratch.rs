//! Temporary folders of this test process, swept by the next one.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

const PREFIX: &str = "plaza-tests-";
const LOCK: &str = "lock";

/// The folder of this process. Its lock is held while the process lives, so that another process can tell whether
/// the folder was left behind.
struct Home {
    path: PathBuf,
    _lock: File,
}

static HOME: LazyLock<Home> = LazyLock::new(|| {
    let home = Home::create().expect("a temporary folder for the servers that tests use");
    // Nobody waits for it: a run of all tests leaves a hundred thousand files of Postgres behind. What is not swept when
    // this process ends, the next one sweeps.
    thread::spawn(|| sweep(&std::env::temp_dir()));
    home
});

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Home {
    fn create() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", process::id()));
        // A folder of the same name is from an earlier process with this id, which is gone.
        fs::remove_dir_all(&path).ok();
        fs::create_dir(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self { path, _lock: lock })
    }
}

fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // Without a lock file it is being made at this moment.
        let abandoned = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if abandoned {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// A new empty folder, removed when its owner drops it or after this process has ended.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// `name` tells what it is for.
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = HOME.path.join(format!("{name}-{number}"));
        fs::create_dir(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next test process.
        fs::remove_dir_all(&self.path).ok();
    }
}
