//! Settings with which nothing would work.

use std::time::Duration;

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

    /// Refuses settings with which nothing would work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (setting, count) in self.counts() {
            if count == 0 {
                return Err(ConfigError::wrong(setting, "0", "a number of at least 1"));
            }
        }
        if self.send_buffer_packets > MAX_SEND_BUFFER_PACKETS {
            return Err(ConfigError::wrong(
                "send_buffer_packets",
                self.send_buffer_packets.to_string(),
                format!("a number of at most {MAX_SEND_BUFFER_PACKETS}"),
            ));
        }
        if self.flush_interval > MAX_FLUSH_INTERVAL {
            return Err(ConfigError::wrong(
                "flush_interval",
                humantime::format_duration(self.flush_interval).to_string(),
                format!(
                    "a duration of at most {}",
                    humantime::format_duration(MAX_FLUSH_INTERVAL)
                ),
            ));
        }
        let durations = [
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
        ];
        for (setting, duration) in durations {
            if duration.is_zero() {
                return Err(ConfigError::wrong(
                    setting,
                    "zero",
                    "a duration longer than zero",
                ));
            }
        }
        if !locale::is_tag(&self.default_language) {
            return Err(ConfigError::wrong(
                "default_language",
                format!("{:?}", self.default_language),
                "a language tag such as \"nl\" or \"nl-BE\"",
            ));
        }
        if self.history_bytes_per_room > self.history_bytes {
            return Err(ConfigError::wrong(
                "history_bytes_per_room",
                self.history_bytes_per_room.to_string(),
                format!(
                    "no more than `history_bytes`, which is {}",
                    self.history_bytes
                ),
            ));
        }
        if self.cluster_dead_after <= self.cluster_alive_every {
            return Err(ConfigError::wrong(
                "cluster_dead_after",
                humantime::format_duration(self.cluster_dead_after).to_string(),
                format!(
                    "more than `cluster_alive_every`, which is {}",
                    humantime::format_duration(self.cluster_alive_every)
                ),
            ));
        }
        if self.shutdown_spread > self.shutdown_deadline {
            return Err(ConfigError::wrong(
                "shutdown_spread",
                humantime::format_duration(self.shutdown_spread).to_string(),
                format!(
                    "no more than `shutdown_deadline`, which is {}",
                    humantime::format_duration(self.shutdown_deadline)
                ),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_work_is_named() {
        let config = Config {
            max_payload_bytes: 0,
            ..Config::default()
        };
        let error = config.check().map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("`max_payload_bytes` is 0: it takes a number of at least 1".into())
        );
        let config = Config {
            default_language: "Nederlands!".into(),
            ..Config::default()
        };
        let error = config.check().map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("`default_language` is \"Nederlands!\": it takes a language tag such as \"nl\" or \"nl-BE\"".into())
        );
        assert!(Config::default().check().is_ok());
    }
}
