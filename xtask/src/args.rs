//! Reading the words after the command.

use std::{path::PathBuf, str::FromStr};

use crate::process::{Failure, Result};

/// `demo [--port N] [--data DIR] [--nodes N]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DemoArgs {
    pub(crate) port: u16,
    pub(crate) data: Option<PathBuf>,
    /// How many processes the app is.
    pub(crate) nodes: usize,
}

impl DemoArgs {
    pub(crate) const DEFAULT_PORT: u16 = 3000;
    /// More than one machine has a use for.
    const MOST_NODES: usize = 16;

    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let mut args = Self {
            port: Self::DEFAULT_PORT,
            data: None,
            nodes: 1,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| words.next().cloned())
                    .ok_or_else(|| Failure::said(format!("`{name}` wants a value")))
            };
            match name {
                "--port" => {
                    let text = value()?;
                    args.port = u16::from_str(&text).map_err(|_| {
                        Failure::said(format!(
                            "`--port {text}`: a port is a number from 0 to 65535"
                        ))
                    })?;
                }
                "--data" => args.data = Some(PathBuf::from(value()?)),
                "--nodes" => {
                    let text = value()?;
                    let nodes = usize::from_str(&text).ok();
                    let possible = nodes.filter(|nodes| (1..=Self::MOST_NODES).contains(nodes));
                    args.nodes = possible.ok_or_else(|| {
                        let most = Self::MOST_NODES;
                        Failure::said(format!(
                            "`--nodes {text}`: the app is 1 to {most} processes"
                        ))
                    })?;
                }
                _ => {
                    return Err(Failure::said(format!(
                        "demo takes --port, --data and --nodes, not `{word}`"
                    )));
                }
            }
        }
        Ok(args)
    }
}

/// `fuzz [--seconds N]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzArgs {
    pub(crate) seconds: u32,
}

impl FuzzArgs {
    pub(crate) const DEFAULT_SECONDS: u32 = 60;

    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let seconds = match words[..] {
            [] => {
                return Ok(Self {
                    seconds: Self::DEFAULT_SECONDS,
                });
            }
            ["--seconds", number] => number,
            [word] => word.strip_prefix("--seconds=").unwrap_or_default(),
            _ => "",
        };
        match u32::from_str(seconds) {
            Ok(seconds) if seconds > 0 => Ok(Self { seconds }),
            _ => Err(Failure::said(format!(
                "fuzz takes --seconds and a number, not `{}`",
                words.join(" ")
            ))),
        }
    }
}

/// `test|lint [--list] [FILTER...]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StepArgs {
    pub(crate) list: bool,
    pub(crate) filters: Vec<String>,
}

impl StepArgs {
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let (options, filters): (Vec<String>, Vec<String>) = words
            .iter()
            .cloned()
            .partition(|word| word.starts_with('-'));
        if let Some(unknown) = options.iter().find(|option| *option != "--list") {
            return Err(Failure::said(format!(
                "the only option is --list, not `{unknown}`"
            )));
        }
        Ok(Self {
            list: !options.is_empty(),
            filters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn demo_takes_its_options_in_both_spellings() {
        let spaced = DemoArgs::parse(&words("--port 4000 --data here --nodes 2")).ok();
        let joined = DemoArgs::parse(&words("--nodes=2 --data=here --port=4000")).ok();
        assert_eq!(
            spaced,
            Some(DemoArgs {
                port: 4000,
                data: Some("here".into()),
                nodes: 2,
            })
        );
        assert_eq!(spaced, joined);
        assert_eq!(
            DemoArgs::parse(&[]).ok(),
            Some(DemoArgs {
                port: DemoArgs::DEFAULT_PORT,
                data: None,
                nodes: 1,
            })
        );
    }

    #[test]
    fn fuzz_takes_a_number_of_seconds_above_zero() {
        let seconds = |text| FuzzArgs::parse(&words(text)).ok().map(|args| args.seconds);
        assert_eq!(seconds(""), Some(FuzzArgs::DEFAULT_SECONDS));
        assert_eq!(seconds("--seconds 5"), Some(5));
        assert_eq!(seconds("--seconds=5"), Some(5));
        for wrong in [
            "--seconds",
            "--seconds 0",
            "--seconds x",
            "5",
            "--seconds 5 6",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_wrong_word_is_refused_by_name() {
        for (text, named) in [
            ("--port many", "--port many"),
            ("--port 70000", "65535"),
            ("--port", "--port"),
            ("--prot 1", "--prot"),
            ("--nodes 0", "--nodes 0"),
            ("--nodes two", "--nodes two"),
        ] {
            match DemoArgs::parse(&words(text)) {
                Err(Failure::Said(what)) => assert!(what.contains(named), "{text}: {what}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(StepArgs::parse(&words("--lsit")).is_err());
    }
}
