//! Settings with which nothing would work.

use std::time::Duration;

use humantime::format_duration;

use super::{Config, ConfigError};
use crate::locale;

/// More packets than anybody has memory for.
const MAX_SEND_BUFFER_PACKETS: usize = 1 << 24;

/// A longer one would be seen by people.
const MAX_FLUSH_INTERVAL: Duration = Duration::from_millis(100);

impl Config {
    /// The settings that are counts or sizes, none of which works as zero.
    fn counts(&self) -> impl IntoIterator<Item = (&'static str, usize)> {
        [
            (
                "max_request_bytes_per_connection",
                self.max_request_bytes_per_connection,
            ),
            (
                "max_requests_per_connection",
                self.max_requests_per_connection,
            ),
            ("max_concurrent_recipients", self.max_concurrent_recipients),
            (
                "max_concurrent_publications",
                self.max_concurrent_publications,
            ),
            ("flush_pressure_bytes", self.flush_pressure_bytes),
            ("max_waiting_stream_hooks", self.max_waiting_stream_hooks),
            ("max_payload_bytes", self.max_payload_bytes),
            ("send_buffer_packets", self.send_buffer_packets),
            ("max_unsent_bytes", self.max_unsent_bytes),
            ("history_count", self.history_count),
            ("history_bytes_per_room", self.history_bytes_per_room),
            ("history_rooms", self.history_rooms),
            ("history_readers", self.history_readers),
            ("max_remembered_answers", self.max_remembered_answers),
            ("max_remembered_bytes", self.max_remembered_bytes),
            ("cluster_publish_bytes", self.cluster_publish_bytes),
            ("cluster_receive_bytes", self.cluster_receive_bytes),
            ("cluster_lost_topics", self.cluster_lost_topics),
            ("cluster_nodes", self.cluster_nodes),
            ("presence_users", self.presence_users),
        ]
    }

    /// The settings that are durations and do not work as zero.
    fn durations(&self) -> impl IntoIterator<Item = (&'static str, Duration)> {
        [
            ("handler_timeout", self.handler_timeout),
            ("hook_timeout", self.hook_timeout),
            ("recipient_timeout", self.recipient_timeout),
            ("history_age", self.history_age),
            ("request_id_window", self.request_id_window),
            ("request_claim_lease", self.request_claim_lease),
            ("ping_interval", self.ping_interval),
            ("ping_timeout", self.ping_timeout),
            ("connect_timeout", self.connect_timeout),
            ("stall_timeout", self.stall_timeout),
            ("cluster_alive_every", self.cluster_alive_every),
        ]
    }

    /// What else is asked of settings: whether it is so, of which setting, what that is, and what it takes.
    fn bounds(&self) -> impl IntoIterator<Item = (bool, &'static str, String, String)> {
        let shown = |duration| format_duration(duration).to_string();
        [
            (
                self.send_buffer_packets <= MAX_SEND_BUFFER_PACKETS,
                "send_buffer_packets",
                self.send_buffer_packets.to_string(),
                format!("a number of at most {MAX_SEND_BUFFER_PACKETS}"),
            ),
            (
                self.flush_interval <= MAX_FLUSH_INTERVAL,
                "flush_interval",
                shown(self.flush_interval),
                format!("a duration of at most {}", shown(MAX_FLUSH_INTERVAL)),
            ),
            (
                locale::is_tag(&self.default_language),
                "default_language",
                format!("{:?}", self.default_language),
                "a language tag such as \"nl\" or \"nl-BE\"".into(),
            ),
            (
                self.history_bytes_per_room <= self.history_bytes,
                "history_bytes_per_room",
                self.history_bytes_per_room.to_string(),
                format!(
                    "no more than `history_bytes`, which is {}",
                    self.history_bytes
                ),
            ),
            (
                self.cluster_dead_after > self.cluster_alive_every,
                "cluster_dead_after",
                shown(self.cluster_dead_after),
                format!(
                    "more than `cluster_alive_every`, which is {}",
                    shown(self.cluster_alive_every)
                ),
            ),
            (
                self.shutdown_spread <= self.shutdown_deadline,
                "shutdown_spread",
                shown(self.shutdown_spread),
                format!(
                    "no more than `shutdown_deadline`, which is {}",
                    shown(self.shutdown_deadline)
                ),
            ),
        ]
    }

    /// Refuses settings with which nothing would work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (setting, count) in self.counts() {
            if count == 0 {
                return Err(ConfigError::wrong(setting, "0", "a number of at least 1"));
            }
        }
        for (setting, duration) in self.durations() {
            if duration.is_zero() {
                let takes = "a duration longer than zero";
                return Err(ConfigError::wrong(setting, "zero", takes));
            }
        }
        for (is_so, setting, given, takes) in self.bounds() {
            if !is_so {
                return Err(ConfigError::wrong(setting, given, takes));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What does not work as zero.
    const COUNTS: [&str; 20] = [
        "max_request_bytes_per_connection",
        "max_requests_per_connection",
        "max_concurrent_recipients",
        "max_concurrent_publications",
        "flush_pressure_bytes",
        "max_waiting_stream_hooks",
        "max_payload_bytes",
        "send_buffer_packets",
        "max_unsent_bytes",
        "history_count",
        "history_bytes_per_room",
        "history_rooms",
        "history_readers",
        "max_remembered_answers",
        "max_remembered_bytes",
        "cluster_publish_bytes",
        "cluster_receive_bytes",
        "cluster_lost_topics",
        "cluster_nodes",
        "presence_users",
    ];
    const DURATIONS: [&str; 11] = [
        "handler_timeout",
        "hook_timeout",
        "recipient_timeout",
        "history_age",
        "request_id_window",
        "request_claim_lease",
        "ping_interval",
        "ping_timeout",
        "connect_timeout",
        "stall_timeout",
        "cluster_alive_every",
    ];
    /// What means something as zero.
    const MAY_BE_ZERO: [&str; 5] = [
        "max_replay_bytes",
        "flush_interval",
        "history_grace",
        "presence_grace",
        "shutdown_spread",
    ];
    /// What as zero would be less than another setting has to be.
    const RELATED: [&str; 3] = ["history_bytes", "cluster_dead_after", "shutdown_deadline"];

    fn check(settings: &[(&str, Value)]) -> Result<(), String> {
        let mut all = json!(Config::default());
        for (setting, value) in settings {
            all[*setting] = value.clone();
        }
        let config: Config = serde_json::from_value(all).map_err(|error| error.to_string())?;
        config.check().map_err(|error| error.to_string())
    }

    fn wrong(text: &str) -> Result<(), String> {
        Err(text.to_owned())
    }

    #[test]
    fn what_does_not_work_as_zero_is_refused_and_the_least_that_does_is_taken() {
        assert_eq!(check(&[]), Ok(()));
        for setting in COUNTS {
            let error = format!("`{setting}` is 0: it takes a number of at least 1");
            assert_eq!(check(&[(setting, json!(0))]), wrong(&error));
            assert_eq!(check(&[(setting, json!(1))]), Ok(()), "{setting}");
        }
        for setting in DURATIONS {
            let error = format!("`{setting}` is zero: it takes a duration longer than zero");
            assert_eq!(check(&[(setting, json!("0s"))]), wrong(&error));
            assert_eq!(check(&[(setting, json!("1ns"))]), Ok(()), "{setting}");
        }
        for setting in MAY_BE_ZERO {
            let zero = match json!(Config::default())[setting] {
                Value::Number(_) => json!(0),
                _ => json!("0s"),
            };
            assert_eq!(check(&[(setting, zero)]), Ok(()), "{setting}");
        }
    }

    /// So that of a new one it is said which it is.
    #[test]
    fn of_every_count_and_duration_it_is_said_whether_it_may_be_zero() {
        let said = [&COUNTS[..], &DURATIONS, &MAY_BE_ZERO, &RELATED].concat();
        let all = json!(Config::default());
        for (setting, value) in all.as_object().expect("settings") {
            let is_duration = |text| humantime::parse_duration(text).is_ok();
            if value.is_number() || value.as_str().is_some_and(is_duration) {
                assert!(said.contains(&setting.as_str()), "{setting}");
            }
        }
    }

    #[test]
    fn a_setting_just_outside_of_what_it_takes_is_named_and_one_just_inside_is_taken() {
        for (setting, outside, inside, error) in [
            (
                "send_buffer_packets",
                json!(16_777_217),
                json!(16_777_216),
                "`send_buffer_packets` is 16777217: it takes a number of at most 16777216",
            ),
            (
                "flush_interval",
                json!("100ms 1ns"),
                json!("100ms"),
                "`flush_interval` is 100ms 1ns: it takes a duration of at most 100ms",
            ),
            (
                "default_language",
                json!("Nederlands!"),
                json!("nl-BE"),
                "`default_language` is \"Nederlands!\": it takes a language tag such as \"nl\" or \"nl-BE\"",
            ),
        ] {
            assert_eq!(check(&[(setting, outside)]), wrong(error));
            assert_eq!(check(&[(setting, inside)]), Ok(()), "{setting}");
        }
    }

    #[test]
    fn two_settings_that_do_not_go_together_are_named_and_two_that_just_do_are_taken() {
        for (setting, outside, inside, other, value, error) in [
            (
                "history_bytes_per_room",
                json!(1001),
                json!(1000),
                "history_bytes",
                json!(1000),
                "`history_bytes_per_room` is 1001: it takes no more than `history_bytes`, which is 1000",
            ),
            (
                "cluster_dead_after",
                json!("2s"),
                json!("2s 1ns"),
                "cluster_alive_every",
                json!("2s"),
                "`cluster_dead_after` is 2s: it takes more than `cluster_alive_every`, which is 2s",
            ),
            (
                "shutdown_spread",
                json!("3s 1ns"),
                json!("3s"),
                "shutdown_deadline",
                json!("3s"),
                "`shutdown_spread` is 3s 1ns: it takes no more than `shutdown_deadline`, which is 3s",
            ),
        ] {
            let with = |value_of_it| check(&[(setting, value_of_it), (other, value.clone())]);
            assert_eq!(with(outside), wrong(error));
            assert_eq!(with(inside), Ok(()), "{setting}");
        }
    }
}
