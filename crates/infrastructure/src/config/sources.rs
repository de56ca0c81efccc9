//! Where a configuration is read from: defaults, file, environment, flags; later wins.

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Provider,
    error::Kind,
    providers::{Format, Serialized, Toml},
    value::{Dict, Value},
};

use super::{Config, ConfigError, Problem};

const DEFAULT_FILE: &str = "plaza.toml";
const PREFIX: &str = "PLAZA_";
/// What the project's own tests read; not part of a configuration.
const TEST_PREFIX: &str = "PLAZA_TEST_";

/// Values given by flags.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    values: Vec<(String, String)>,
}

impl Overrides {
    /// Sets `key` (for example `server.listen`) when the flag was given.
    #[must_use]
    pub fn with(mut self, key: &str, value: Option<impl fmt::Display>) -> Self {
        self.values.extend(value.map(|value| (key.to_owned(), value.to_string())));
        self
    }
}

/// What a configuration is read from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file; without one, `plaza.toml` in the working folder if it is there.
    pub file: Option<PathBuf>,
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
    /// The flags.
    pub overrides: Overrides,
}

/// One value that was given, with where.
struct Given {
    key: String,
    /// What it may mean, the likelier first: a variable's text is a text where one is wanted, else a number or a list.
    readings: Vec<Value>,
    origin: Option<String>,
}

impl Config {
    /// Reads the file, the environment of this process and the flags.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        Self::from_sources(&Sources {
            file: file.map(Path::to_owned),
            environment: env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            overrides,
        })
    }

    /// Reads these sources and nothing else of this process.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut figment = Figment::new();
        for given in sources.given(&mut problems) {
            match first_that_fits(&given) {
                Ok(value) => figment = figment.merge(Serialized::global(&given.key, value)),
                Err(problem) => problems.push(problem.from_origin(given.origin)),
            }
        }
        match figment.extract::<Self>() {
            Ok(config) => {
                config.validate(&mut problems);
                if problems.is_empty() {
                    return Ok(config);
                }
            }
            Err(error) => problems.extend(error.into_iter().map(|error| problem("", error))),
        }
        Err(ConfigError { problems })
    }
}

impl Sources {
    fn given(&self, problems: &mut Vec<Problem>) -> Vec<Given> {
        let mut given = self.file_values(problems);
        given.extend(self.environment.iter().filter_map(from_variable));
        given.extend(
            self.overrides
                .values
                .iter()
                .map(|(key, text)| Given::text(key.clone(), text, format!("the flag for {key}"))),
        );
        given
    }

    fn file_values(&self, problems: &mut Vec<Problem>) -> Vec<Given> {
        let path = match &self.file {
            Some(path) if !path.is_file() => {
                let message = format!("must name a file that can be read; {} cannot", path.display());
                problems.push(Problem::new("--config", message));
                return Vec::new();
            }
            Some(path) => path.as_path(),
            None if Path::new(DEFAULT_FILE).is_file() => Path::new(DEFAULT_FILE),
            None => return Vec::new(),
        };
        let mut given = Vec::new();
        match Toml::file_exact(path).data() {
            Ok(profiles) => {
                for (_, values) in profiles {
                    collect_leaves("", values, &path.display().to_string(), &mut given);
                }
            }
            Err(error) => {
                let message = format!("is not valid TOML: {}", error.kind);
                problems.push(Problem::new(path.display().to_string(), message));
            }
        }
        given
    }
}

impl Given {
    fn text(key: String, text: &str, origin: String) -> Self {
        let mut readings = vec![Value::from(text)];
        readings.extend(text.parse::<Value>());
        Self { key, readings, origin: Some(origin) }
    }
}

/// A variable without a value counts as not set, because Compose files cannot leave one out.
fn from_variable((name, text): &(String, String)) -> Option<Given> {
    let key = name.strip_prefix(PREFIX)?;
    if name.starts_with(TEST_PREFIX) || text.is_empty() {
        return None;
    }
    let key = key.to_ascii_lowercase().replace("__", ".");
    Some(Given::text(key, text, name.clone()))
}

fn collect_leaves(parent: &str, values: Dict, origin: &str, given: &mut Vec<Given>) {
    for (name, value) in values {
        let key = if parent.is_empty() { name } else { format!("{parent}.{name}") };
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => collect_leaves(&key, inner, origin, given),
            value => given.push(Given { key, readings: vec![value], origin: Some(origin.to_owned()) }),
        }
    }
}

/// Tries a value alone, so that one that does not fit hides no other.
fn first_that_fits(given: &Given) -> Result<Value, Problem> {
    let mut last = Problem::new(given.key.as_str(), "must have a value");
    for value in &given.readings {
        match Figment::from(Serialized::global(&given.key, value)).extract::<Config>() {
            Ok(_) => return Ok(value.clone()),
            Err(error) => last = problem(&given.key, error),
        }
    }
    Err(last)
}

/// Never repeats the value: it may be a secret.
fn problem(key: &str, error: figment::Error) -> Problem {
    let message = match error.kind {
        Kind::UnknownField(name, known) => {
            format!("is not a known key: {name:?} is none of {}", known.join(", "))
        }
        Kind::InvalidType(_, expected) if expected.starts_with("struct ") => {
            "must be a section with keys of its own".to_owned()
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("must be {expected}"),
        Kind::UnknownVariant(_, known) => format!("must be one of {}", known.join(", ")),
        Kind::Message(message) => format!("is not understood: {message}"),
        _ => "has a value that does not fit".to_owned(),
    };
    Problem::new(key, message)
}
