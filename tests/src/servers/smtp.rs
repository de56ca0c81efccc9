//! An SMTP server for tests: aiosmtpd, with a handler that keeps what it takes.

use std::{
    collections::BTreeMap,
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::Command,
    time::timeout,
};

use super::{
    Failure, keeper,
    process::{Process, find_program},
    scratch::Scratch,
    wait::{free_port, until},
};

const SERVER: &str = include_str!("smtp_server.py");
const START: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(5);
const ARRIVAL: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 3;

/// A mail as it arrived.
#[derive(Clone, Debug, Deserialize)]
pub struct ReceivedMail {
    /// From whom, by the envelope.
    pub from: String,
    /// To whom, by the envelope.
    pub to: Vec<String>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// What is wrong with it.
    pub defects: Vec<String>,
    /// The part for programs that show text.
    pub text: Option<String>,
    /// The part for programs that show HTML.
    pub html: Option<String>,
}

impl ReceivedMail {
    /// What follows `#token=` in its link.
    ///
    /// # Panics
    /// When there is no link.
    pub fn token(&self) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        let token = text.split_once("#token=").and_then(|(_, rest)| rest.split_whitespace().next());
        token.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
    }

    /// Its subject.
    pub fn subject(&self) -> &str {
        self.headers.get("subject").map_or("", String::as_str)
    }
}

/// An SMTP server of one test. It refuses mail to `nobody…@` for good, and to `later…@` twice. Ends when dropped.
#[derive(Debug)]
pub struct Smtp {
    port: u16,
    mails: PathBuf,
    process: Process,
    scratch: Scratch,
}

impl Smtp {
    /// Starts one.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn start() -> Self {
        // Somebody else may take a free port before it does.
        let mut failure = Failure::from("it was not tried");
        for _ in 0..ATTEMPTS {
            match Self::try_start().await {
                Ok(smtp) => return smtp,
                Err(error) => failure = error,
            }
        }
        panic!("no SMTP server for tests: {failure}")
    }

    async fn try_start() -> Result<Self, Failure> {
        let scratch = Scratch::new("smtp")?;
        let (port, mails) = (free_port()?, scratch.path().join("mails"));
        fs::create_dir(&mails)?;
        fs::write(scratch.path().join("server.py"), SERVER)?;
        let process = launch(scratch.path(), port).await?;
        let mut smtp = Self { port, mails, process, scratch };
        smtp.wait_until_ready().await?;
        Ok(smtp)
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let port = self.port;
        let log = self.scratch.path().join("log");
        let process = std::cell::RefCell::new(&mut self.process);
        // The outer result ends the waiting, the inner one is its outcome.
        until(START, || async {
            if let Some(status) = process.borrow_mut().try_wait()? {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Ok(Err(Failure::from(format!("it ended at once: {status}\n{said}"))));
            }
            timeout(ANSWER, greeting(port)).await??;
            Ok::<_, Failure>(Ok(()))
        })
        .await?
    }

    /// Where it listens, as `mail.url` takes it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// Ends it; who sends finds nobody there.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// Starts it again, where it was.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart(&mut self) {
        self.process = launch(self.scratch.path(), self.port).await.expect("an SMTP server");
        self.wait_until_ready().await.expect("an SMTP server that comes back");
    }

    /// What has arrived, in its order.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        let mut paths: Vec<_> = fs::read_dir(&self.mails)
            .expect("the folder of mails")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        // Their names are when they came.
        paths.sort_unstable();
        let read = |path: &PathBuf| -> Result<ReceivedMail, Failure> {
            Ok(serde_json::from_slice(&fs::read(path)?)?)
        };
        paths.iter().map(|path| read(path).expect("a mail")).collect()
    }

    /// What has arrived for an address.
    pub fn mails_to(&self, address: &str) -> Vec<ReceivedMail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to.iter().any(|to| to == address));
        mails
    }

    /// The newest mail to an address with that subject, when it has arrived.
    ///
    /// # Panics
    /// When none does.
    pub async fn mail(&self, address: &str, subject: &str) -> ReceivedMail {
        self.nth_mail(address, subject, 1).await
    }

    /// The same of several: the `count`th.
    ///
    /// # Panics
    /// When it does not arrive.
    pub async fn nth_mail(&self, address: &str, subject: &str, count: usize) -> ReceivedMail {
        let found = until(ARRIVAL, || async {
            let mut mails = self.mails_to(address);
            mails.retain(|mail| mail.subject() == subject);
            mails.into_iter().nth(count - 1).ok_or_else(|| self.subjects())
        });
        found.await.unwrap_or_else(|others| panic!("no {subject:?} for {address}, but {others:?}"))
    }

    fn subjects(&self) -> Vec<(Vec<String>, String)> {
        self.mails().into_iter().map(|mail| (mail.to.clone(), mail.subject().to_owned())).collect()
    }
}

async fn launch(folder: &Path, port: u16) -> Result<Process, Failure> {
    let python = python().await.ok_or("there is no aiosmtpd: install the package python3-aiosmtpd")?;
    let mut command = keeper::command(&python, "KILL", None);
    command.arg(folder.join("server.py")).arg(port.to_string()).arg(folder.join("mails"));
    Process::start(command, &folder.join("log")).await
}

/// A Python that has aiosmtpd: the system's own, or another one in the `PATH`.
async fn python() -> Option<PathBuf> {
    let candidates = [Some(PathBuf::from("/usr/bin/python3")), find_program("python3", &[])];
    for python in candidates.into_iter().flatten() {
        let asked = Command::new(&python).args(["-c", "import aiosmtpd"]).output().await;
        if asked.is_ok_and(|answer| answer.status.success()) {
            return Some(python);
        }
    }
    None
}

/// What it says to who connects.
async fn greeting(port: u16) -> io::Result<String> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    if line.starts_with("220 ") { Ok(line) } else { Err(io::Error::other(format!("it said {line:?}"))) }
}
