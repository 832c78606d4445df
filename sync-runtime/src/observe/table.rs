//! What the metrics are: one table, for the recorder and for the guide.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

use super::metric;

pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) about: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Names metrics, and lists them as `METRICS`: one that has a name is in the list.
macro_rules! table {
    ($($(#[$when:meta])* $constant:ident: $kind:ident of $unit:ident = $name:literal, $about:literal;)*) => {
        $($(#[$when])* const $constant: &str = $name;)*

        pub(super) const METRICS: &[$crate::observe::table::Metric] = &[$(
            $(#[$when])*
            $crate::observe::table::Metric {
                name: $constant,
                kind: $crate::observe::table::Kind::$kind,
                unit: metrics::Unit::$unit,
                about: $about,
            },
        )*];
    };
}
pub(super) use table;

fn all() -> impl Iterator<Item = &'static Metric> {
    #[cfg(feature = "redis")]
    let cluster = super::cluster::METRICS;
    #[cfg(not(feature = "redis"))]
    let cluster = &[];
    metric::METRICS.iter().chain(cluster)
}

/// Tells the recorder what the metrics are.
pub(crate) fn describe() {
    for metric in all() {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.unit, metric.about),
            Kind::Gauge => describe_gauge!(metric.name, metric.unit, metric.about),
            Kind::Histogram => describe_histogram!(metric.name, metric.unit, metric.about),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_lists_every_metric_and_no_other() {
        let guide = include_str!("guide.md");
        for Metric { name, kind, .. } in all() {
            let kind = format!("{kind:?}").to_lowercase();
            let row = format!("\n| `{name}` | {kind} |");
            assert!(guide.contains(&row), "no {kind} `{name}`");
        }
        if cfg!(feature = "redis") {
            let rows = guide.lines().filter(|line| line.starts_with("| `sync_"));
            assert_eq!(rows.count(), all().count());
        }
    }
}
