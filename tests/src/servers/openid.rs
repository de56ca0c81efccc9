//! A real OpenID provider for tests: oidc-provider on Node.js, which knows everybody by whatever they say.

use std::{fs, path::PathBuf, time::Duration};

use super::{
    Failure, keeper,
    process::{Process, find_program},
    scratch::Scratch,
    wait::{free_port, until},
};
use crate::client::http_client;

const CLIENT_ID: &str = "plaza";
const CLIENT_SECRET: &str = "the secret between plaza & its provider: 100%";
const START: Duration = Duration::from_secs(60);
const ATTEMPTS: usize = 3;

/// A provider of one test. Ends when dropped.
#[derive(Debug)]
pub struct OpenIdServer {
    issuer: String,
    process: Process,
    _scratch: Scratch,
}

impl OpenIdServer {
    /// Starts one that sends browsers back to `public_url`, for a provider that Plaza calls `id`.
    pub async fn start(id: &str, public_url: &str) -> Self {
        // Somebody else may take a free port before it does.
        let mut failure = Failure::from("it was not tried");
        for _ in 0..ATTEMPTS {
            match Self::try_start(id, public_url).await {
                Ok(server) => return server,
                Err(error) => failure = error,
            }
        }
        panic!("no OpenID provider for tests: {failure}")
    }

    async fn try_start(id: &str, public_url: &str) -> Result<Self, Failure> {
        let program = find_program("node", &["/usr/local/bin".into()])
            .ok_or("there is no node: install the package nodejs")?;
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oidc-provider");
        if !folder.join("node_modules").is_dir() {
            return Err("its modules are missing: run scripts/install-test-deps.sh".into());
        }
        let (scratch, port) = (Scratch::new("openid")?, free_port()?);
        let mut command = keeper::command(&program, "KILL", None);
        command
            .arg(folder.join("server.mjs"))
            .args([port.to_string().as_str(), CLIENT_ID, CLIENT_SECRET])
            .arg(format!("{public_url}/api/v1/auth/oidc/{id}/callback"));
        let log = scratch.path().join("log");
        let process = Process::start(command, &log).await?;
        let mut server = Self { issuer: format!("http://127.0.0.1:{port}"), process, _scratch: scratch };
        match server.wait_until_ready().await {
            Ok(()) => Ok(server),
            Err(error) => {
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(format!("{error}\n{said}").into())
            }
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let http = http_client().timeout(START).build()?;
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let process = std::cell::RefCell::new(&mut self.process);
        // The outer result ends the waiting, the inner one is its outcome.
        until(START, || async {
            if let Some(status) = process.borrow_mut().try_wait()? {
                return Ok(Err(Failure::from(format!("it ended at once: {status}"))));
            }
            http.get(&url).send().await?.error_for_status()?;
            Ok::<_, Failure>(Ok(()))
        })
        .await?
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What an operator sets so that users log in by it, under that id.
    pub fn variables(&self, id: &str) -> [(String, String); 3] {
        let key = |name: &str| format!("PLAZA_OIDC__PROVIDERS__{}__{name}", id.to_uppercase());
        [
            (key("ISSUER"), self.issuer.clone()),
            (key("CLIENT_ID"), CLIENT_ID.to_owned()),
            (key("CLIENT_SECRET"), CLIENT_SECRET.to_owned()),
        ]
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn pause(&self) {
        self.process.signal("STOP").expect("the provider is paused");
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.process.signal("CONT").expect("the provider goes on");
    }
}
