//! What can be set when the server starts.

use std::fmt;
use std::path::PathBuf;

use crate::assistant::{ApiKey, Endpoint, EndpointError};

/// How the server is called; printed for `--help` and with every mistake.
pub const USAGE: &str = "\
Usage: example-app [--port N] [--data DIR] [--web DIR] [--redis URL] [--metrics-port N]

  --port N     the port on 127.0.0.1; 0 takes a free one     (EXAMPLE_APP_PORT; 3000)
  --data DIR   where the database is kept                    (EXAMPLE_APP_DATA; ./data)
  --web DIR    the built front end                           (EXAMPLE_APP_WEB; web/dist of the source)
  --redis URL  what joins several processes of the app, which also share --data;
               without it there is one                       (EXAMPLE_APP_REDIS)
  --metrics-port N
               the port on 127.0.0.1 of /metrics, for Prometheus; without it there are none
                                                             (EXAMPLE_APP_METRICS_PORT)

The chat's assistant is a language model where these are set, and else a small one built in:

  ASSISTANT_BASE_URL   of an OpenAI-compatible endpoint, such as http://localhost:11434/v1
  ASSISTANT_API_KEY    its key; any word for an endpoint that asks for none
  ASSISTANT_MODEL      the model                                                  (gpt-4o-mini)

The settings of sync-runtime are in `sync.toml` or in SYNC_ variables such as SYNC_SHUTDOWN_DEADLINE.";

/// The settings of the server. An argument wins over its environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The folder of the database.
    pub data: PathBuf,
    /// The folder of the built front end.
    pub web: PathBuf,
    /// The Redis that joins this process with others, if it is not alone.
    pub redis: Option<RedisUrl>,
    /// The TCP port on 127.0.0.1 of the page for Prometheus, if there is to be one; 0 takes a free one.
    pub metrics_port: Option<u16>,
    /// Where the chat's assistant is, if it is not the built-in one.
    pub assistant: Option<Endpoint>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3000,
            data: PathBuf::from("data"),
            web: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist")),
            redis: None,
            metrics_port: None,
            assistant: None,
        }
    }
}

/// Where a Redis is. There can be a password in it, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(pub String);

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl")
    }
}

/// What is wrong with the arguments or the environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Not an error: the usage was asked for.
    #[error("help")]
    Help,
    /// An argument that does not exist.
    #[error("unknown argument {0}")]
    Unknown(String),
    /// An argument without its value.
    #[error("{0} needs a value")]
    NoValue(String),
    /// A port that is none.
    #[error("{name} takes a number from 0 to 65535, not {value:?}")]
    Port {
        /// The argument or the variable.
        name: String,
        /// What was given.
        value: String,
    },
    /// Of the assistant's base URL and key one is set and the other not.
    #[error("{set} needs {missing} beside it")]
    HalfAnAssistant {
        /// The variable that is set.
        set: &'static str,
        /// The variable that is missing.
        missing: &'static str,
    },
    /// A setting of the assistant. Its value is not told: it may be the key.
    #[error("{name} {problem}")]
    Assistant {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        problem: EndpointError,
    },
}

const ARGUMENTS: [&str; 5] = ["--port", "--data", "--web", "--redis", "--metrics-port"];

const BASE_URL: &str = "ASSISTANT_BASE_URL";
const API_KEY: &str = "ASSISTANT_API_KEY";
const MODEL: &str = "ASSISTANT_MODEL";

impl Options {
    /// Reads the arguments (without the program's name); what they leave open comes from `env`.
    pub fn read(
        args: impl IntoIterator<Item = String>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, OptionsError> {
        // Empty is the same as not set: a compose file or a service unit often cannot leave one out.
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let mut options = Self {
            assistant: assistant(env)?,
            ..Self::default()
        };
        for name in [
            "EXAMPLE_APP_PORT",
            "EXAMPLE_APP_DATA",
            "EXAMPLE_APP_WEB",
            "EXAMPLE_APP_REDIS",
            "EXAMPLE_APP_METRICS_PORT",
        ] {
            if let Some(value) = env(name) {
                options.set(name, value)?;
            }
        }
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            if arg == "--help" || arg == "-h" {
                return Err(OptionsError::Help);
            }
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            if !ARGUMENTS.contains(&name.as_str()) {
                return Err(OptionsError::Unknown(name));
            }
            let value = value
                .or_else(|| args.next())
                .ok_or_else(|| OptionsError::NoValue(name.clone()))?;
            options.set(&name, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), OptionsError> {
        match name {
            "--port" | "EXAMPLE_APP_PORT" => self.port = port(name, value)?,
            "--metrics-port" | "EXAMPLE_APP_METRICS_PORT" => {
                self.metrics_port = Some(port(name, value)?);
            }
            "--data" | "EXAMPLE_APP_DATA" => self.data = value.into(),
            "--redis" | "EXAMPLE_APP_REDIS" => self.redis = Some(RedisUrl(value)),
            _ => self.web = value.into(),
        }
        Ok(())
    }
}

/// The assistant is set by the environment alone: arguments are there for everybody to see.
fn assistant(env: impl Fn(&str) -> Option<String>) -> Result<Option<Endpoint>, OptionsError> {
    let half = |set, missing| OptionsError::HalfAnAssistant { set, missing };
    let wrong = |name| move |problem| OptionsError::Assistant { name, problem };
    let (url, key) = match (env(BASE_URL), env(API_KEY)) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(half(BASE_URL, API_KEY)),
        (None, Some(_)) => return Err(half(API_KEY, BASE_URL)),
        (Some(url), Some(key)) => (url, key),
    };
    let key = ApiKey::new(key).map_err(wrong(API_KEY))?;
    let model = env(MODEL).unwrap_or_else(|| Endpoint::DEFAULT_MODEL.to_owned());
    let endpoint = Endpoint::new(&url, key, model).map_err(wrong(BASE_URL))?;
    Ok(Some(endpoint))
}

fn port(name: &str, value: String) -> Result<u16, OptionsError> {
    value.parse().map_err(|_| OptionsError::Port {
        name: name.to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], env: &[(&str, &str)]) -> Result<Options, OptionsError> {
        Options::read(args.iter().map(ToString::to_string), |name| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn arguments_win_over_the_environment() -> Result<(), OptionsError> {
        let env = [("EXAMPLE_APP_PORT", "1"), ("EXAMPLE_APP_DATA", "there")];
        let options = read(&["--port", "2"], &env)?;
        assert_eq!((options.port, options.data), (2, PathBuf::from("there")));
        assert_eq!(read(&["--port=3"], &env)?.port, 3);
        Ok(())
    }

    #[test]
    fn a_mistake_is_named() {
        assert_eq!(
            read(&["--prot", "1"], &[]),
            Err(OptionsError::Unknown("--prot".into()))
        );
        assert_eq!(
            read(&["--port"], &[]),
            Err(OptionsError::NoValue("--port".into()))
        );
        let wrong = read(&[], &[("EXAMPLE_APP_PORT", "many")]).map_err(|e| e.to_string());
        let told = "EXAMPLE_APP_PORT takes a number from 0 to 65535, not \"many\"";
        assert_eq!(wrong, Err(told.to_owned()));
    }

    #[test]
    fn the_assistant_is_built_in_unless_both_its_url_and_its_key_are_set()
    -> Result<(), OptionsError> {
        let url = (BASE_URL, "http://localhost:11434/v1/");
        let key = (API_KEY, "sk-secret");
        assert_eq!(read(&[], &[(BASE_URL, ""), (API_KEY, "")])?.assistant, None);
        let endpoint = read(&[], &[url, key, (MODEL, "llama")])?.assistant;
        let endpoint = endpoint.map(|found| (found.base_url, found.model));
        let found = ("http://localhost:11434/v1".to_owned(), "llama".to_owned());
        assert_eq!(endpoint, Some(found));

        let told = |env: &[(&str, &str)]| read(&[], env).map_err(|e| e.to_string()).err();
        let missing = told(&[url]).unwrap_or_default();
        assert_eq!(
            missing,
            "ASSISTANT_BASE_URL needs ASSISTANT_API_KEY beside it"
        );
        let missing = told(&[key]).unwrap_or_default();
        assert_eq!(
            missing,
            "ASSISTANT_API_KEY needs ASSISTANT_BASE_URL beside it"
        );
        let wrong = told(&[(BASE_URL, "localhost"), key]).unwrap_or_default();
        assert_eq!(wrong, "ASSISTANT_BASE_URL is no http or https URL");
        let wrong = told(&[url, (API_KEY, "sk secret")]).unwrap_or_default();
        assert_eq!(wrong, "ASSISTANT_API_KEY holds characters that no key has");
        Ok(())
    }
}
