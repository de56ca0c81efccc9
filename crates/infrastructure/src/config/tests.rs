//! Where values come from, and what is said about those that cannot be used.

use std::fs;

use super::*;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn from_environment(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_sources(&Sources { environment, ..Sources::default() })
}

fn from_file(text: &str) -> Result<Config, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plaza.toml");
    fs::write(&file, text)?;
    Ok(Config::from_sources(&Sources { file: Some(file), ..Sources::default() })?)
}

fn keys(outcome: Result<Config, ConfigError>) -> Vec<String> {
    let mut keys: Vec<String> = match outcome {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.into_iter().map(|problem| problem.key).collect(),
    };
    keys.sort();
    keys
}

#[test]
fn without_any_source_everything_has_a_default() -> TestResult {
    let config = Config::from_sources(&Sources::default())?;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.database_url().expose(), "sqlite:./data/plaza.db");
    assert_eq!(config.storage_url().expose(), "file:./data/files");
    assert!(config.embedded_worker());
    assert!(!config.is_distributed());
    Ok(())
}

#[test]
fn later_sources_win() -> TestResult {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plaza.toml");
    fs::write(
        &file,
        "data_dir = \"/a\"\n[log]\nlevel = \"warn\"\n[worker]\nconcurrency = 3\n[uploads]\nmax_bytes = 10",
    )?;
    let config = Config::from_sources(&Sources {
        file: Some(file),
        environment: vec![
            ("PLAZA_DATA_DIR".to_owned(), "/b".to_owned()),
            ("PLAZA_WORKER__CONCURRENCY".to_owned(), "4".to_owned()),
        ],
        overrides: Overrides::default().with("data_dir", Some("/c")).with("log.level", None::<&str>),
    })?;
    assert_eq!(config.data_dir, PathBuf::from("/c"));
    assert_eq!(config.worker.concurrency, 4);
    assert_eq!(config.uploads.max_bytes, 10);
    assert_eq!(config.log.level, "warn");
    Ok(())
}

#[test]
fn the_environment_can_say_everything() -> TestResult {
    let config = from_environment(&[
        ("PLAZA_SERVER__LISTEN", "0.0.0.0:9000"),
        ("PLAZA_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("PLAZA_SERVER__CORS_ORIGINS", "[\"https://a.example\"]"),
        ("PLAZA_SERVER__ALLOW_QUERY_TOKEN", "false"),
        ("PLAZA_DATABASE__URL", "postgres://plaza:x@db/plaza"),
        ("PLAZA_REDIS__URL", "rediss://cache:6380/1"),
        ("PLAZA_AUTH__SECRET", "00000000000000000000000000000000001"),
        ("PLAZA_LIMITS__ENABLED", "false"),
        ("PLAZA_WORKER__EMBEDDED", "true"),
        ("PLAZA_LOG__FORMAT", "json"),
        ("PLAZA_STORAGE__URL", ""),
        ("PLAZA_TEST_REDIS_URL", "redis://elsewhere"),
        ("PATH", "/bin"),
    ])?;
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.cors_origins, ["https://a.example"]);
    assert!(!config.server.allow_query_token);
    assert!(!config.limits.enabled);
    assert!(config.embedded_worker());
    assert_eq!(config.log.format, LogFormat::Json);
    let secret = config.auth.secret.ok_or("no secret")?;
    assert_eq!(secret.expose(), "00000000000000000000000000000000001", "a text of digits stays a text");
    Ok(())
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = keys(from_environment(&[
        ("PLAZA_SERVER__LISTEN", "localhost"),
        ("PLAZA_SERVER__LISTNE", "127.0.0.1:8000"),
        ("PLAZA_SPEED", "high"),
        ("PLAZA_WORKER__CONCURRENCY", "many"),
        ("PLAZA_WORKER__LEASE_SECONDS", "0"),
        ("PLAZA_LOG__FORMAT", "xml"),
        ("PLAZA_DATABASE__URL", "mysql://db"),
        ("PLAZA_STORAGE__URL", "ftp://bucket/prefix"),
        ("PLAZA_REDIS__URL", "http://cache"),
        ("PLAZA_AUTH__BCRYPT_COST", "40"),
    ]));
    assert_eq!(
        problems,
        [
            "auth.bcrypt_cost",
            "auth.secret",
            "database.url",
            "log.format",
            "redis.url",
            "server.listen",
            "server.listne",
            "speed",
            "storage.url",
            "worker.concurrency",
            "worker.lease_seconds",
        ]
    );
}

#[test]
fn a_problem_says_what_would_be_right_and_where_the_value_came_from() -> TestResult {
    let Err(error) = from_environment(&[("PLAZA_SERVER__LISTEN", "localhost")]) else {
        return Err("was accepted".into());
    };
    assert_eq!(
        error.to_string(),
        "the configuration has 1 problem:\n  server.listen must be an address and a port, such as \
         127.0.0.1:8000 (set in PLAZA_SERVER__LISTEN)"
    );
    Ok(())
}

#[test]
fn a_bucket_is_named_by_a_url() -> TestResult {
    let config = from_environment(&[
        ("PLAZA_STORAGE__URL", "s3://bucket/some/prefix/"),
        ("PLAZA_STORAGE__ENDPOINT", "http://127.0.0.1:9000"),
        ("PLAZA_STORAGE__ACCESS_KEY_ID", "id"),
        ("PLAZA_STORAGE__SECRET_ACCESS_KEY", "hunter2"),
    ])?;
    assert!(!format!("{:?}", config.storage).contains("hunter2"));
    let s3 = config.storage.s3().ok_or("no bucket")?;
    assert_eq!(
        (s3.bucket.as_str(), s3.prefix.as_str(), s3.region.as_str()),
        ("bucket", "some/prefix", "us-east-1")
    );
    assert_eq!(s3.keys, Some(("id".to_owned(), SecretText::new("hunter2"))));
    Ok(())
}

#[test]
fn a_bucket_that_is_named_badly_is_refused() {
    let bucket = ("PLAZA_STORAGE__URL", "s3://bucket");
    for (variables, key) in [
        (vec![("PLAZA_STORAGE__URL", "s3://")], "storage.url"),
        (vec![bucket, ("PLAZA_STORAGE__ENDPOINT", "127.0.0.1:9000")], "storage.endpoint"),
        (vec![bucket, ("PLAZA_STORAGE__REGION", " ")], "storage.region"),
        (vec![bucket, ("PLAZA_STORAGE__TIMEOUT_SECONDS", "0")], "storage.timeout_seconds"),
        (vec![bucket, ("PLAZA_STORAGE__ACCESS_KEY_ID", "id")], "storage.access_key_id"),
        (vec![("PLAZA_STORAGE__ENDPOINT", "http://127.0.0.1:9000")], "storage.endpoint"),
        (vec![("PLAZA_STORAGE__REDIRECT", "true")], "storage.redirect"),
    ] {
        assert_eq!(keys(from_environment(&variables)), [key]);
    }
}

#[test]
fn a_scanner_takes_whatever_is_uploaded() -> TestResult {
    let scanner = ("PLAZA_SCAN__URL", "clamd://scanner");
    for (variables, key) in [
        (vec![("PLAZA_SCAN__URL", "clamd://")], "scan.url"),
        (vec![("PLAZA_SCAN__URL", "http://scanner:3310")], "scan.url"),
        (vec![scanner, ("PLAZA_SCAN__TIMEOUT_SECONDS", "0")], "scan.timeout_seconds"),
        (vec![scanner, ("PLAZA_UPLOADS__MAX_BYTES", "100000000")], "scan.max_bytes"),
    ] {
        assert_eq!(keys(from_environment(&variables)), [key], "{variables:?}");
    }
    assert!(from_environment(&[])?.scan.clamd().is_none());
    assert!(from_environment(&[scanner])?.scan.clamd().is_some());
    Ok(())
}

#[test]
fn instances_must_share_a_secret_of_some_length() {
    for url in [("PLAZA_REDIS__URL", "redis://cache"), ("PLAZA_DATABASE__URL", "postgres://db/plaza")] {
        assert_eq!(keys(from_environment(&[url])), ["auth.secret"]);
        assert_eq!(keys(from_environment(&[url, ("PLAZA_AUTH__SECRET", "short")])), ["auth.secret"]);
        assert!(keys(from_environment(&[url, ("PLAZA_AUTH__SECRET", SECRET)])).is_empty());
    }
}

#[test]
fn secrets_are_never_shown() -> TestResult {
    let config = from_environment(&[
        ("PLAZA_DATABASE__URL", "postgres://plaza:hunter2@db/plaza"),
        ("PLAZA_REDIS__URL", "redis://:hunter2@cache"),
        ("PLAZA_AUTH__SECRET", "hunter2 hunter2 hunter2 hunter2 hunter2"),
    ])?;
    assert!(!format!("{config:?}").contains("hunter2"));

    for text in
        ["[auth]\nsecret = [\"hunter2\"]", "[auth]\nsecret = \"hunter2\"", "[database]\nurl = \"hunter2\""]
    {
        let Err(error) = from_file(text) else {
            return Err("was accepted".into());
        };
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    Ok(())
}

#[test]
fn a_file_is_named_with_its_problems() -> TestResult {
    for text in
        ["[server]\nlisten = 8000", "server = 1", "[sever]\nlisten = \"x\"", "[server", "[log]\nformat = 1"]
    {
        let Err(error) = from_file(text) else {
            return Err(format!("{text:?} was accepted").into());
        };
        assert!(error.to_string().contains("plaza.toml"), "{error}");
    }
    Ok(())
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let sources = Sources { file: Some(PathBuf::from("/nowhere/plaza.toml")), ..Sources::default() };
    assert_eq!(keys(Config::from_sources(&sources)), ["--config"]);
}

#[test]
fn a_queue_is_set_by_its_name_and_an_unknown_one_is_refused() -> TestResult {
    let config = from_file("[worker]\nconcurrency = 8\n[worker.queues.media]\nconcurrency = 5\nweight = 2")?;
    let shares = config.worker.queues().map(|share| (share.name, share.concurrency, share.weight));
    assert_eq!(shares, [("default", 8, 4), ("media", 5, 2), ("mail", 8, 4), ("exports", 1, 1)]);
    let given =
        [("PLAZA_WORKER__QUEUES__MAIL__CONCURRENCY", "1"), ("PLAZA_WORKER__QUEUES__MEDAI__WEIGHT", "2")];
    assert_eq!(keys(from_environment(&given)), ["worker.queues.medai.weight"]);
    assert_eq!(from_environment(&given[..1])?.worker.queues()[2].concurrency, 1);
    Ok(())
}

#[test]
fn login_providers_are_set_by_their_ids() -> TestResult {
    let corp = [
        ("PLAZA_OIDC__PROVIDERS__CORP__ISSUER", "https://id.example.org"),
        ("PLAZA_OIDC__PROVIDERS__CORP__CLIENT_ID", "1815"),
        ("PLAZA_OIDC__PROVIDERS__CORP__CLIENT_SECRET", "hunter2"),
        ("PLAZA_OIDC__PROVIDERS__CORP__SCOPES", "email, groups"),
        ("PLAZA_OIDC__PROVIDERS__CORP__ALLOW_REGISTRATION", "true"),
    ];
    let config = from_environment(&corp)?;
    assert!(!format!("{config:?}").contains("hunter2"));
    let providers = config.oidc.providers("https://chat.example.org");
    let [corp] = providers.as_slice() else { return Err("there is one provider".into()) };
    assert_eq!(
        (corp.info.id.as_str(), corp.info.name.as_str(), corp.client_id.as_str()),
        ("corp", "corp", "1815")
    );
    assert_eq!(corp.client_secret, Some(SecretText::new("hunter2")));
    assert_eq!(corp.scopes, ["email", "groups"]);
    assert!(corp.info.allows_registration && !corp.info.trusts_email);

    let file = "[oidc.providers.club]\nissuer = \"https://club.example\"\nclient_id = \"plaza\"\n\
                [oidc.providers.corp]\nissuer = \"https://id.example.org\"\nclient_id = \"plaza\"\nname = \"Corp.\"";
    let names = from_file(file)?.oidc.providers("https://chat.example.org");
    assert_eq!(names.iter().map(|it| it.info.name.as_str()).collect::<Vec<_>>(), ["club", "Corp."]);

    for (variables, key) in [
        (vec![("PLAZA_OIDC__PROVIDERS__CORP__ISUER", "x")], "oidc.providers.corp.isuer"),
        (vec![("PLAZA_OIDC__ALLOWED_RETURN_URLS", "/chat")], "oidc.allowed_return_urls"),
    ] {
        assert_eq!(keys(from_environment(&variables)), [key]);
    }
    Ok(())
}
