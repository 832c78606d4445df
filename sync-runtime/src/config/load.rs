//! Settings from a file and from environment variables.

use std::{env, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Serialized, Toml},
    value::{Dict, Map, Value},
};

use super::{Config, ConfigError};

/// The file that is read when no other is named.
const FILE: &str = "sync.toml";
/// Names the file to read.
const FILE_VARIABLE: &str = "SYNC_CONFIG";
const PREFIX: &str = "SYNC_";
/// Variables with this beginning are for builds, not for the server.
const OF_BUILDS: &str = "SYNC_TYPESCRIPT_";

/// What the settings from the code are called inside of figment.
pub(super) const FROM_CODE: &str = "the code";

impl Config {
    /// The settings of `sync.toml` and of the `SYNC_` variables, over the defaults.
    ///
    /// What is said later wins: the defaults, then the file, then the variables.
    ///
    /// - The file is `sync.toml` in the working directory, if there is one, or the file that the
    ///   variable `SYNC_CONFIG` names, which must exist then. Its keys are the fields of this
    ///   struct: `handler_timeout = "5s"`.
    /// - A variable is `SYNC_` and the field in capitals: `SYNC_HANDLER_TIMEOUT=5s`. A list is separated
    ///   by commas.
    /// - Durations are text with a unit (`"500ms"`, `"1m 30s"`), sizes are in bytes.
    ///
    /// # Errors
    /// When a setting does not exist, is of the wrong form or cannot work. The error names it, what was
    /// given, the file or variable that it is from, and what it takes. A `SYNC_` variable that is
    /// no setting is such an error too; those that begin with `SYNC_TYPESCRIPT_` are for builds
    /// and are passed over.
    pub fn load() -> Result<Self, ConfigError> {
        Self::default().overridden()
    }

    /// As [`load`](Self::load), with these settings in place of the defaults: what the code says,
    /// the file and the variables can still change.
    ///
    /// ```
    /// # fn main() -> Result<(), sync_runtime::ConfigError> {
    /// use std::time::Duration;
    /// use sync_runtime::Config;
    ///
    /// let config = Config {
    ///     handler_timeout: Duration::from_secs(5),
    ///     ..Config::default()
    /// };
    /// let config = config.overridden()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn overridden(self) -> Result<Self, ConfigError> {
        let variables = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        from(self, variables)
    }
}

/// The settings of a base, a file and variables.
fn from(
    base: Config,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut file = None;
    let mut settings = Vec::new();
    for (name, text) in variables {
        if name == FILE_VARIABLE {
            file = Some(text);
        } else if let Some(key) = name.strip_prefix(PREFIX)
            && !name.starts_with(OF_BUILDS)
        {
            let key = key.to_ascii_lowercase();
            settings.push(Variable { name, key, text });
        }
    }
    // The environment has no order; errors do.
    settings.sort_by(|one, other| one.name.cmp(&other.name));

    let code = Named(Serialized::defaults(base));
    let mut figment = Figment::from(code);
    if let Some(file) = path(file)? {
        figment = figment.merge(Toml::file_exact(file));
    }
    for variable in settings {
        figment = figment.merge(variable);
    }
    // Lossy: a variable is text also where the setting is a number or a switch.
    let config: Config = figment.extract_lossy().map_err(ConfigError::of)?;
    config.check().map_err(|error| error.found_in(&figment))?;
    Ok(config)
}

/// The file to read, if there is one.
fn path(named: Option<String>) -> Result<Option<PathBuf>, ConfigError> {
    let Some(named) = named else {
        return Ok(Some(PathBuf::from(FILE)).filter(|file| file.is_file()));
    };
    let path = PathBuf::from(&named);
    if path.is_file() {
        return Ok(Some(path));
    }
    let reason = format!("there is no such file, and `{FILE_VARIABLE}` names it");
    Err(ConfigError::file(named, reason))
}

/// The settings of the code, under a name that errors know not to mention.
struct Named<P>(P);

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FROM_CODE)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        self.0.data()
    }
}

/// One variable of the environment. Each is a provider of its own, so that an error can name it.
struct Variable {
    name: String,
    key: String,
    text: String,
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("the variable `{}`", self.name))
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let setting = (self.key.clone(), Value::from(self.text.clone()));
        Ok(Profile::Default.collect(Dict::from([setting])))
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, time::Duration};

    use super::*;

    /// Reads settings of a file with this text and of these variables.
    fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let mut file = tempfile::Builder::new()
            .prefix("sync")
            .suffix(".toml")
            .tempfile()
            .map_err(|error| error.to_string())?;
        write!(file, "{toml}").map_err(|error| error.to_string())?;
        let path = file.path().display().to_string();
        let variables = variables.iter().map(|(name, text)| (*name, *text));
        let all = variables.chain([("SYNC_CONFIG", path.as_str()), ("PATH", "/bin")]);
        from(
            Config::default(),
            all.map(|(name, text)| (name.to_owned(), text.to_owned())),
        )
        .map_err(|error| error.to_string().replace(&path, "sync.toml"))
    }

    fn error(toml: &str, variables: &[(&str, &str)]) -> String {
        load(toml, variables).expect_err("a wrong setting")
    }

    #[test]
    fn the_file_wins_over_the_defaults_and_a_variable_over_the_file() {
        let config = load(
            "handler_timeout = \"5s\"\nping_interval = \"1m 30s\"\nmax_payload_bytes = 2048",
            &[
                ("SYNC_HANDLER_TIMEOUT", "250ms"),
                ("SYNC_EXPLAIN_INVALID_INPUT", "false"),
                ("SYNC_SEND_BUFFER_PACKETS", "77"),
                (
                    "SYNC_ALLOWED_ORIGINS",
                    "https://a.example, https://b.example",
                ),
            ],
        )
        .expect("good settings");
        assert_eq!(config.handler_timeout, Duration::from_millis(250));
        assert_eq!(config.ping_interval, Duration::from_secs(90));
        assert_eq!(config.max_payload_bytes, 2048);
        assert_eq!(config.send_buffer_packets, 77);
        assert!(!config.explain_invalid_input);
        assert_eq!(
            config.allowed_origins,
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(config.ping_timeout, Config::default().ping_timeout);
    }

    #[test]
    fn rates_and_networks_are_written_as_people_write_them() {
        let config = load(
            "address_rate_limit = \"off\"\nroute_rate_limit = \"60/min\"",
            &[("SYNC_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")],
        )
        .expect("good settings");
        assert_eq!(config.address_rate_limit, None);
        assert_eq!(config.route_rate_limit, "60/min".parse().ok());
        let networks = config.trusted_proxies.iter().map(ToString::to_string);
        assert_eq!(networks.collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.1/32"]);

        assert_eq!(
            error("route_rate_limit = \"60 per minute\"", &[]),
            "`route_rate_limit` in sync.toml is \"60 per minute\": it takes a rate such as \"60/min\" or \"5/s\", or \"off\""
        );
    }

    #[test]
    fn what_the_code_says_stands_where_nothing_else_is_said() {
        let base = Config {
            max_payload_bytes: 5,
            handler_timeout: Duration::from_secs(2),
            allowed_origins: vec!["https://a.example".into()],
            ..Config::default()
        };
        let variables = [("SYNC_MAX_PAYLOAD_BYTES".to_owned(), "6".to_owned())];
        let config = from(base, variables).expect("good settings");
        assert_eq!(config.max_payload_bytes, 6);
        assert_eq!(config.handler_timeout, Duration::from_secs(2));
        assert_eq!(config.allowed_origins, ["https://a.example"]);
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_value_its_place_and_what_it_takes() {
        assert_eq!(
            error("max_payload_bytes = \"lots\"", &[]),
            "`max_payload_bytes` in sync.toml is \"lots\": it takes a whole number"
        );
        assert_eq!(
            error("", &[("SYNC_MAX_PAYLOAD_BYTES", "1MB")]),
            "`max_payload_bytes` in the variable `SYNC_MAX_PAYLOAD_BYTES` is \"1MB\": it takes a whole number"
        );
        assert_eq!(
            error("handler_timeout = 30", &[]),
            "`handler_timeout` in sync.toml is 30: it takes a duration with its unit, such as \"30s\" or \"500ms\""
        );
        assert_eq!(
            error("", &[("SYNC_HANDLER_TIMEOUT", "30")]),
            "`handler_timeout` in the variable `SYNC_HANDLER_TIMEOUT` is \"30\": it takes a duration with its unit, such as \"30s\" or \"500ms\""
        );
        assert_eq!(
            error("explain_invalid_input = \"perhaps\"", &[]),
            "`explain_invalid_input` in sync.toml is \"perhaps\": it takes true or false"
        );
        assert_eq!(
            error("allowed_origins = 7", &[]),
            "`allowed_origins` in sync.toml is 7: it takes a list of texts (in a variable: separated by commas)"
        );
    }

    #[test]
    fn a_setting_of_the_right_type_that_cannot_work_is_named_with_its_place() {
        assert_eq!(
            error("ping_timeout = \"0s\"", &[("SYNC_MAX_PAYLOAD_BYTES", "0")]),
            "`max_payload_bytes` in the variable `SYNC_MAX_PAYLOAD_BYTES` is 0: it takes a number of at least 1"
        );
        assert_eq!(
            error("flush_interval = \"1s\"", &[]),
            "`flush_interval` in sync.toml is 1s: it takes a duration of at most 100ms"
        );
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error_that_lists_those_that_do() {
        let told = error("handler_timout = \"5s\"", &[]);
        let expected = "`handler_timout` in sync.toml is not a setting: there is `";
        assert!(told.starts_with(expected), "{told}");
        assert!(told.contains("`handler_timeout`"), "{told}");

        let told = error("", &[("SYNC_PORT", "80")]);
        let expected = "`port` in the variable `SYNC_PORT` is not a setting: there is ";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn variables_that_are_for_builds_are_passed_over() {
        assert!(load("", &[("SYNC_TYPESCRIPT_CHECK", "1")]).is_ok());
    }

    #[test]
    fn a_file_that_is_no_toml_is_an_error_that_names_the_file() {
        let told = error("handler_timeout = = 5", &[]);
        assert!(told.starts_with("sync.toml cannot be read: "), "{told}");
        assert!(told.contains("line 1"), "{told}");
    }

    #[test]
    fn a_file_that_was_named_has_to_be_there() {
        let variables = [("SYNC_CONFIG".to_owned(), "nowhere.toml".to_owned())];
        assert_eq!(
            from(Config::default(), variables)
                .map(drop)
                .map_err(|error| error.to_string()),
            Err(
                "nowhere.toml cannot be read: there is no such file, and `SYNC_CONFIG` names it"
                    .into()
            )
        );
    }
}
