//! ClamAV's daemon for tests: the real one with one signature of our own, and one that misbehaves.

use std::{fs, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use super::{
    Failure, keeper,
    process::{Process, find_program},
    scratch::Scratch,
    wait::{free_port, until},
};

/// What every scanner finds, and what harms nobody (European Institute for Computer Antivirus Research, 2003).
pub const EICAR: &[u8] = br"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
/// What the clamds for tests call it.
pub const EICAR_SIGNATURE: &str = "Plaza.Test.Eicar.UNOFFICIAL";

const START: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 3;

/// A clamd of one test. Ends when dropped.
#[derive(Debug)]
pub struct Clamd {
    port: u16,
    socket: PathBuf,
    process: Process,
    _scratch: Scratch,
}

impl Clamd {
    /// Starts one that knows [`EICAR`] and nothing else, and takes `max_bytes` a file.
    pub async fn start(max_bytes: u64) -> Self {
        // Somebody else may take a free port before clamd does.
        let mut failure = Failure::from("it was not tried");
        for _ in 0..ATTEMPTS {
            match Self::try_start(max_bytes).await {
                Ok(clamd) => return clamd,
                Err(error) => failure = error,
            }
        }
        panic!("no clamd for tests: {failure}")
    }

    async fn try_start(max_bytes: u64) -> Result<Self, Failure> {
        let program = find_program("clamd", &["/usr/sbin".into(), "/usr/local/sbin".into()])
            .ok_or("there is no clamd: install the package clamav-daemon")?;
        let scratch = Scratch::new("clamd")?;
        let folder = scratch.path();
        let (port, socket) = (free_port()?, folder.join("clamd.sock"));
        let eicar: String = EICAR.iter().map(|byte| format!("{byte:02x}")).collect();
        // Name (to which clamd adds where it is not from), any type of file, anywhere in it, these bytes.
        let name = EICAR_SIGNATURE.trim_end_matches(".UNOFFICIAL");
        let signatures = format!("{name}:0:*:{eicar}\n");
        fs::create_dir(folder.join("signatures"))?;
        fs::write(folder.join("signatures/plaza.ndb"), signatures)?;
        let settings = [
            "Foreground yes".to_owned(),
            format!("DatabaseDirectory {}", folder.join("signatures").display()),
            format!("TemporaryDirectory {}", folder.display()),
            format!("LocalSocket {}", socket.display()),
            "TCPAddr 127.0.0.1".to_owned(),
            format!("TCPSocket {port}"),
            format!("StreamMaxLength {max_bytes}"),
            "MaxThreads 2".to_owned(),
            "SelfCheck 0".to_owned(),
        ];
        let file = folder.join("clamd.conf");
        fs::write(&file, settings.join("\n") + "\n")?;
        let mut command = keeper::command(&program, "KILL", None);
        command.arg("--config-file").arg(&file);
        let log = folder.join("log");
        let process = Process::start(command, &log).await?;
        let mut clamd = Self { port, socket, process, _scratch: scratch };
        match clamd.wait_until_ready().await {
            Ok(()) => Ok(clamd),
            Err(error) => {
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(format!("{error}\n{said}").into())
            }
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let port = self.port;
        let process = std::cell::RefCell::new(&mut self.process);
        // The outer result ends the waiting, the inner one is its outcome.
        until(START, || async {
            if let Some(status) = process.borrow_mut().try_wait()? {
                return Ok(Err(Failure::from(format!("it ended at once: {status}"))));
            }
            match timeout(ANSWER, ping(port)).await?? {
                answer if answer == b"PONG\0" => Ok(Ok(())),
                answer => Err(Failure::from(format!("it is not ready: {answer:?}"))),
            }
        })
        .await?
    }

    /// Where it listens, as `scan.url` takes it.
    pub fn url(&self) -> String {
        format!("clamd://127.0.0.1:{}", self.port)
    }

    /// The same with its socket.
    pub fn socket_url(&self) -> String {
        format!("clamd:{}", self.socket.display())
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn pause(&self) {
        self.process.signal("STOP").expect("clamd is paused");
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.process.signal("CONT").expect("clamd goes on");
    }
}

async fn ping(port: u16) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"zPING\0").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// How a [`FakeClamd`] behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything, and finds [`EICAR`].
    Honest,
    /// Takes everything, then says this.
    Says(&'static str),
    /// Says this without having taken anything, then hangs up.
    Interrupts(&'static str),
    /// Says this after so many bytes, then hangs up: what is larger than its limit.
    TakesOnly(usize, &'static str),
    /// Takes everything and says nothing.
    Silent,
    /// Hangs up at once.
    Closed,
}

/// Speaks clamd's protocol, well or badly. Ends when dropped.
#[derive(Debug)]
pub struct FakeClamd {
    port: u16,
    manner: Arc<watch::Sender<Manner>>,
    _serving: JoinSet<()>,
}

impl FakeClamd {
    /// Starts one.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for a clamd");
        let port = listener.local_addr().expect("the port of a clamd").port();
        let manner = Arc::new(watch::Sender::new(manner));
        let current = Arc::clone(&manner);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let manner = *current.borrow();
                connections.spawn(async move {
                    // A client that went away in the middle is no concern of the server's.
                    converse(stream, manner).await.ok();
                });
            }
        });
        Self { port, manner, _serving: serving }
    }

    /// Where it listens, as `scan.url` takes it.
    pub fn url(&self) -> String {
        format!("clamd://127.0.0.1:{}", self.port)
    }

    /// Behaves otherwise, from the next connection on.
    pub fn behave(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }
}

async fn converse(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
    if manner == Manner::Closed {
        return Ok(());
    }
    if let Manner::Interrupts(words) = manner {
        return stream.write_all(words.as_bytes()).await;
    }
    let mut command = Vec::new();
    loop {
        match stream.read_u8().await? {
            0 => break,
            byte => command.push(byte),
        }
    }
    if command == b"zPING" {
        let pong: &[u8] = if manner == Manner::Silent { b"" } else { b"PONG\0" };
        stream.write_all(pong).await?;
        return linger(stream, manner).await;
    }
    let mut taken = Vec::new();
    loop {
        let length = stream.read_u32().await? as usize;
        if length == 0 {
            break;
        }
        let begin = taken.len();
        taken.resize(begin + length, 0);
        stream.read_exact(&mut taken[begin..]).await?;
        if let Manner::TakesOnly(limit, words) = manner
            && taken.len() > limit
        {
            return stream.write_all(words.as_bytes()).await;
        }
    }
    let answer = match manner {
        Manner::Says(words) => words.to_owned(),
        Manner::Silent => return linger(stream, manner).await,
        _ if taken.windows(EICAR.len()).any(|window| window == EICAR) => {
            format!("stream: {EICAR_SIGNATURE} FOUND\0")
        }
        _ => "stream: OK\0".to_owned(),
    };
    stream.write_all(answer.as_bytes()).await
}

/// Keeps a connection open until the client closes it, when silence is wanted.
async fn linger(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
    if manner == Manner::Silent {
        stream.read_to_end(&mut Vec::new()).await?;
    }
    Ok(())
}
