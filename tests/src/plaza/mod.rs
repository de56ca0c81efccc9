//! Plaza itself as a fixture: the real binaries, on free ports, with data of their own.

mod node;
mod options;
mod programs;

use std::process::{ExitStatus, Output};

use node::Node;
pub use options::{Options, Setup};

use crate::servers::scratch::Scratch;

/// A running Plaza. Dropping it ends its processes, prints their logs when the test has failed, and fails the test
/// when one of them has panicked.
#[derive(Debug)]
pub struct Plaza {
    instances: Vec<Node>,
    workers: Vec<Node>,
    // Last: the folder goes when nobody writes to it any more.
    _scratch: Scratch,
}

impl Plaza {
    /// Starts one with the usual options.
    pub async fn start(setup: Setup) -> Self {
        Box::pin(Options::new(setup).start()).await
    }

    /// The base URL of the first instance.
    pub fn a(&self) -> &str {
        self.instances[0].base()
    }

    /// The base URL of the second instance; of the only one when embedded.
    pub fn b(&self) -> &str {
        self.instances.last().map_or("", Node::base)
    }

    /// Kills an instance with `SIGKILL`; 0 is a, 1 is b.
    pub fn kill(&mut self, instance: usize) {
        self.instances[instance].kill();
    }

    /// Starts a killed instance again on its old port and waits until it is ready.
    pub async fn restart(&mut self, instance: usize) {
        self.instances[instance].restart().await;
    }

    /// Asks an instance to end (`SIGTERM`).
    pub fn terminate(&self, instance: usize) {
        self.instances[instance].signal("TERM");
    }

    /// How an instance that was asked to end did so.
    pub async fn ended(&mut self, instance: usize) -> ExitStatus {
        self.instances[instance].ended().await
    }

    /// Kills a standalone worker with `SIGKILL`.
    pub fn kill_worker(&mut self, worker: usize) {
        self.workers[worker].kill();
    }

    /// Starts a killed worker again, or one that was not started at first.
    pub async fn restart_worker(&mut self, worker: usize) {
        self.workers[worker].restart().await;
    }

    /// Asks a standalone worker to end (`SIGTERM`).
    pub fn terminate_worker(&self, worker: usize) {
        self.workers[worker].signal("TERM");
    }

    /// How a standalone worker that was asked to end did so.
    pub async fn worker_ended(&mut self, worker: usize) -> ExitStatus {
        self.workers[worker].ended().await
    }

    /// Freezes a standalone worker (`SIGSTOP`).
    pub fn pause_worker(&self, worker: usize) {
        self.workers[worker].signal("STOP");
    }

    /// Ends a [`pause_worker`](Self::pause_worker).
    pub fn resume_worker(&self, worker: usize) {
        self.workers[worker].signal("CONT");
    }

    /// Whether a standalone worker was started and has not ended by itself.
    pub fn is_worker_running(&mut self, worker: usize) -> bool {
        self.workers[worker].is_running()
    }

    /// Runs `plaza` with the configuration of the first instance, beside it, to the end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.instances[0].run(arguments).await
    }

    /// The same; it reads `input`.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        self.instances[0].run_with_input(arguments, input).await
    }

    /// The same; nobody reads what it says.
    pub async fn run_unread(&self, arguments: &[&str]) -> ExitStatus {
        self.instances[0].run_unread(arguments).await
    }

    /// What the first instance is told by variables, but for its address.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.instances[0].environment()
    }

    /// What an instance has logged.
    pub fn log(&self, instance: usize) -> String {
        self.instances[instance].log()
    }

    /// What a standalone worker has logged.
    pub fn worker_log(&self, worker: usize) -> String {
        self.workers[worker].log()
    }
}

impl Drop for Plaza {
    fn drop(&mut self) {
        let nodes = self.instances.iter_mut().chain(&mut self.workers);
        if std::thread::panicking() {
            for node in nodes {
                node.kill();
                eprintln!("{}", node.report());
            }
            return;
        }
        for node in nodes {
            node.kill();
            assert!(!node.log().contains("panicked at"), "{}", node.report());
        }
    }
}
