//! Starts processes that end with this one, however it ends.
//!
//! The kernel sends a child its *parent death signal* when the thread that started it exits. Test threads come and go,
//! so one thread that lives as long as the process starts every child.

use std::{
    io,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use tokio::sync::oneshot;

struct Order {
    command: Command,
    reply: oneshot::Sender<io::Result<Child>>,
}

static KEEPER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, inbox) = channel();
    thread::Builder::new()
        .name("process-keeper".to_owned())
        .spawn(move || keep(inbox))
        .expect("a thread that keeps processes");
    orders
});

fn keep(inbox: Receiver<Order>) {
    for mut order in inbox {
        // A test that stopped waiting leaves a child nobody knows: it goes at once.
        if let Err(Ok(mut orphan)) = order.reply.send(order.command.spawn()) {
            orphan.kill().ok();
            orphan.wait().ok();
        }
    }
}

/// Starts a process on the thread that lives as long as this process.
pub(crate) async fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = oneshot::channel();
    KEEPER
        .send(Order { command, reply })
        .map_err(|_| io::Error::other("the thread that keeps processes has ended"))?;
    answer.await.map_err(|_| io::Error::other("the thread that keeps processes has ended"))?
}

/// A command whose process gets `signal` when this process ends, run as `user` if one is given.
pub(crate) fn command(program: &std::path::Path, signal: &str, user: Option<Unprivileged>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]);
    if let Some(Unprivileged { uid, gid }) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    }
    command.arg("--").arg(program).stdin(Stdio::null());
    command
}

/// A user without rights: Postgres refuses to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unprivileged {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Unprivileged {
    /// `nobody` when this process is root's; otherwise processes run as whoever runs the tests.
    pub(crate) fn if_root() -> io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt;
        let is_root = std::fs::metadata("/proc/self")?.uid() == 0;
        Ok(is_root.then_some(Self { uid: 65534, gid: 65534 }))
    }
}
